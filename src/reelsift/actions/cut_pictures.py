"""Writing the frames of a cut as pictures."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from reelsift.actions.kept_frames import Kept
from reelsift.errors import OutputError
from reelsift.media.pictures import encode_picture
from reelsift.media.render import Renderer
from reelsift.output import writing_problem
from reelsift.specs import Crop, PictureSpec

__all__ = ["PictureWriter", "pictures_of"]

_FORMATS: dict[str, Literal["jpg", "png", "webp"]] = {
    ".jpg": "jpg",
    ".jpeg": "jpg",
    ".jpe": "jpg",
    ".png": "png",
    ".webp": "webp",
}


def pictures_of(stem: str, *, originals: Sequence[Path] | None = None) -> Callable[[str], bool]:
    """Tells by its name whether a file is a picture that an earlier cut of the same source may have written.

    Args:
        stem: Of a film: what the names of its frames begin with.
        originals: Pictures of a folder, whose own names count and no others: files numbered under the name of the
            folder may well be somebody else's.
    """
    if originals is None:
        numbered = re.compile(rf"{re.escape(stem)}_[0-9]{{6,}}\.(jpg|png|webp)")
        return lambda name: numbered.fullmatch(name) is not None
    names = {original.name for original in originals}
    return names.__contains__


class PictureWriter:
    """Writes kept frames into a folder, under their own names or numbered without gaps."""

    def __init__(
        self,
        folder: Path,
        *,
        output: Path,
        stem: str,
        spec: PictureSpec,
        crop: Crop | None = None,
        renumber: bool = False,
        originals: Sequence[Path] | None = None,
    ) -> None:
        """For the frames of a film, or of a folder of pictures.

        Args:
            folder: Where they are written; it is there.
            output: Where they will be in the end, for messages.
            stem: What the names of a film's frames begin with: `<stem>_<frame_index>`.
            spec: How they are written.
            crop: Part of the upright picture.
            renumber: Whether names are `<stem>_<number>`, counted from 0 without gaps.
            originals: Files of the frames by their index. Uncropped and at their own size they are copied as they are.
        """
        self._folder, self._output, self._stem, self._spec = folder, output, stem, spec
        self._renumber, self._originals, self._crop = renumber, originals, crop
        self._renderer = Renderer(crop=crop)
        self._names: set[str] = set()

    def add(self, kept: Kept) -> None:
        """Writes one frame.

        Raises:
            OutputError: If it cannot be written, or another had its name before.
        """
        frame = kept.frame
        original = self._originals[frame.frame_index] if self._originals is not None else None
        form = _FORMATS.get(original.suffix.lower()) if original is not None else self._spec.format
        copied = original is not None and self._crop is None and self._spec.size is None
        ending = original.suffix if original is not None and (copied or form) else f".{self._spec.format}"
        number = len(self._names) if self._renumber else frame.frame_index
        stem = original.stem if original is not None and not self._renumber else f"{self._stem}_{number:06d}"
        path = self._folder / f"{stem}{ending}"
        if path.name in self._names:
            raise OutputError(f"two of the kept pictures are called {path.name}; add --renumber")
        self._names.add(path.name)
        with writing_problem(self._output):
            if copied and original is not None:
                shutil.copy2(original, path)
            else:
                spec = dataclasses.replace(self._spec, format=form or self._spec.format)
                path.write_bytes(encode_picture(self._renderer.rgb(frame), spec=spec))
