"""What a selection is made of: frames that were chosen, and what was written of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reelsift.errors import SpecError

__all__ = ["ChosenFrame", "Written"]


@dataclass(frozen=True)
class ChosenFrame:
    """A frame of a film, or a picture of a folder.

    Attributes:
        source: How the film or the folder is called towards the user.
        path: The film; of a folder or a list of pictures, the picture itself.
        source_id: Fingerprint of the content of the film or the folder.
        frame_index: Position in display order, from 0; of pictures, position in the folder or the list.
        time_seconds: Time stamp as the container has it, not shifted; of pictures, index over pictures a second.
        start_seconds: Time stamp of the first frame of the film; 0 for pictures.
        is_picture: Whether `path` is a picture.
    """

    source: str
    path: Path
    source_id: str
    frame_index: int
    time_seconds: float
    start_seconds: float = 0.0
    is_picture: bool = False

    def __post_init__(self) -> None:
        if self.frame_index < 0:
            raise SpecError(f"frames are counted from 0, not from {self.frame_index}")

    @property
    def shown_seconds(self) -> float:
        """Time from the first frame on, as a player shows it."""
        return self.time_seconds - self.start_seconds


@dataclass(frozen=True)
class Written:
    """What became of one chosen frame.

    Attributes:
        frame: The frame.
        file: Name of the file below the output folder; empty where there is none.
        bytes: Size of the file.
        width: Of the picture, upright, in pixels.
        height: Of the picture, upright, in pixels.
        problem: Why there is no file; empty where there is one.
    """

    frame: ChosenFrame
    file: str
    bytes: int
    width: int
    height: int
    problem: str = ""
