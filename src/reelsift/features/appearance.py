"""The view `appearance`: one vector for each frame, from a pretrained backbone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import SpecError
from reelsift.features.backbones import backbone_named, input_size_for
from reelsift.features.network import NetworkRows
from reelsift.media.render import Image
from reelsift.specs import IndexSpec

__all__ = ["AppearanceExtractor"]

_MULTIPLE = 32


class AppearanceExtractor(NetworkRows):
    """Gives `(N, D)` float16."""

    def __init__(self, spec: IndexSpec, *, threads: int) -> None:
        size = spec.input_size
        if size and (size.width % _MULTIPLE or size.height % _MULTIPLE):
            raise SpecError(f"--input-size {size}: width and height must be multiples of {_MULTIPLE}")
        self._input_size, self._width = size, backbone_named(spec.backbone).width
        super().__init__(
            backbone_named(spec.backbone).vector,
            draw=self._pixels,
            keep=lambda output: output.astype(np.float16),
            threads=threads,
        )

    def __enter__(self) -> AppearanceExtractor:
        return self

    def finish(self) -> NDArray[np.float16]:
        rows = self.rows()
        return np.stack(rows) if rows else np.empty((0, self._width), np.float16)

    def _pixels(self, image: Image) -> NDArray[np.uint8]:
        return image.rgb(self._input_size or input_size_for(image.size))
