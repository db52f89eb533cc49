"""The photos that scikit-image and scikit-learn install: what the tools beside this one learn from.

pip install scikit-image scikit-learn
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["photos"]

_FOLDERS = {"skimage": "data", "sklearn": "datasets/images"}
_FLAGS = {"grey": cv2.IMREAD_GRAYSCALE, "rgb": cv2.IMREAD_COLOR_RGB}


def photos(names: Iterable[str], *, colors: Literal["grey", "rgb"]) -> dict[str, NDArray[np.uint8]]:
    """The photos of some files, by file name, in the order of the names.

    Returns:
        `(H, W)` for grey, `(H, W, 3)` for rgb.
    """
    found: dict[str, NDArray[np.uint8]] = {}
    for name in names:
        path = next((folder / name for folder in _folders() if (folder / name).exists()), None)
        pixels = None if path is None else cv2.imread(str(path), _FLAGS[colors])
        if pixels is None:
            raise SystemExit(f"{name}: not among the photos of scikit-image and scikit-learn")
        found[name] = pixels.astype(np.uint8, copy=False)
    return found


def _folders() -> list[Path]:
    folders = []
    for package, below in _FOLDERS.items():
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise SystemExit("pip install scikit-image scikit-learn: their photos are needed")
        folders.append(Path(spec.submodule_search_locations[0]) / below)
    return folders
