"""Films and photos that nobody here made, for the tests in `tests/real`: where they are, and what several tests do."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from reelsift.features.quality import quality_of
from reelsift.media.render import PictureImage

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

# As `pytestmark` of a module: its tests run only when asked for, and where the data is.
NEEDS_REAL_DATA = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data is not here: {DATA} does not exist"),
]

# Odd files, among them some that are no films, and clips; as paths below DATA.
FILMS = sorted(
    path.relative_to(DATA).as_posix()
    for path in (*DATA.glob("odd/*.*"), *DATA.glob("clips/*.*"))
    if path.suffix != ".csv"
)


def quality_of_photo(path: Path) -> np.ndarray:
    """A row of the view `quality`."""
    pixels = cv2.imread(str(path))
    assert pixels is not None, path
    picture = PictureImage(np.ascontiguousarray(pixels[..., ::-1]), frame_index=0, time_seconds=0.0)
    return quality_of(picture.luma(960))
