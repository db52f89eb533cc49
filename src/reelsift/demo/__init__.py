"""Films to try reelsift on without any material of one's own.

Modules: `printer` (the time lapse of a resin printer, frame by frame), `cartoon` (episodes with a cat and a mouse),
`shoot` (takes of it that a camera spoiled), `broadcast` (football and commercials), `film` (writing them), `strip` (a
picture of frames with their labels).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reelsift.demo.broadcast import BroadcastFilm
    from reelsift.demo.cartoon import CartoonFilm
    from reelsift.demo.film import write_film
    from reelsift.demo.printer import PrinterFilm
    from reelsift.demo.shoot import Take

__all__ = ["BroadcastFilm", "CartoonFilm", "PrinterFilm", "Take", "write_film"]

_HOMES = {
    "BroadcastFilm": "broadcast",
    "CartoonFilm": "cartoon",
    "PrinterFilm": "printer",
    "Take": "shoot",
    "write_film": "film",
}


def __getattr__(name: str) -> Any:  # lazily: OpenCV and PyAV are heavy to import
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
