"""Films to try reelsift on without any material of one's own.

Modules: `printer` (the time lapse of a resin printer, frame by frame), `cartoon` (episodes with a cat and a mouse),
`film` (writing them), `strip` (a picture of frames with their labels).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reelsift.demo.cartoon import CartoonFilm
    from reelsift.demo.film import write_film
    from reelsift.demo.printer import PrinterFilm

__all__ = ["CartoonFilm", "PrinterFilm", "write_film"]


def __getattr__(name: str) -> Any:  # lazily: OpenCV and PyAV are heavy to import
    if name == "CartoonFilm":
        from reelsift.demo.cartoon import CartoonFilm

        return CartoonFilm
    if name == "PrinterFilm":
        from reelsift.demo.printer import PrinterFilm

        return PrinterFilm
    if name == "write_film":
        from reelsift.demo.film import write_film

        return write_film
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
