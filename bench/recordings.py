"""Recordings whose truth is known to the frame: clips of two classes joined to one film of one size and one rate."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from reelsift.media.reader import open_film
from reelsift.media.render import Renderer

__all__ = ["FPS", "Clip", "Recording", "folds_of", "join", "read_clips", "stretches_of"]

FPS = 25
WIDTH, HEIGHT = 640, 360


@dataclass(frozen=True)
class Clip:
    """A clip of one class, and the film it is from."""

    path: Path
    label: str
    group: str


@dataclass(frozen=True, eq=False)
class Recording:
    """A film of 25 frames a second.

    Attributes:
        path: Where it is.
        truth: (T,) the class of each frame, as an index into the sorted names of the classes.
    """

    path: Path
    truth: NDArray[np.int64]

    @property
    def changes(self) -> int:
        return int((np.diff(self.truth) != 0).sum())


def read_clips(folder: Path) -> list[Clip]:
    """The clips that `groups.csv` (clip, label, group) lists."""
    with (folder / "groups.csv").open(newline="") as file:
        return [Clip(folder / row["clip"], row["label"], row["group"]) for row in csv.DictReader(file)]


def folds_of(clips: Sequence[Clip], *, folds: int, seed: int) -> list[list[Clip]]:
    """Divides clips so that films stay whole and each fold has about as many of each class.

    Large films first, each to the fold that has least of what it brings; those of a size in random order.
    """
    rng = np.random.default_rng(seed)
    groups: dict[str, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(clip.group, []).append(clip)
    divided: list[list[Clip]] = [[] for _ in range(folds)]
    order = sorted(rng.permutation(sorted(groups)).tolist(), key=lambda name: -len(groups[name]))
    for name in order:
        brought = Counter(clip.label for clip in groups[name])
        there = [Counter(clip.label for clip in fold) for fold in divided]
        loads = [sum(count * had[label] for label, count in brought.items()) for had in there]
        divided[loads.index(min(loads))] += groups[name]
    return divided


def stretches_of(clips: Sequence[Clip], *, changes: int, seed: int) -> list[list[Clip]]:
    """Clips in stretches of one class each, classes in turn, `changes` changes between them; each clip once."""
    rng = np.random.default_rng(seed)
    counts = Counter(clip.label for clip in clips)
    names = [label for label, _ in counts.most_common()]
    wanted = [(changes + 2) // 2, (changes + 1) // 2]
    by_class = []
    for label, stretches in zip(names, wanted, strict=True):
        own = [clip for clip in clips if clip.label == label]
        if len(own) < stretches:
            raise SystemExit(f"{len(own)} clips of {label} cannot make {stretches} stretches: take fewer folds")
        shuffled = [own[number] for number in rng.permutation(len(own)).tolist()]
        cuts = np.array_split(np.arange(len(own)), stretches)
        by_class.append([[shuffled[number] for number in cut.tolist()] for cut in cuts])
    return [by_class[number % 2][number // 2] for number in range(changes + 1)]


def join(stretches: Sequence[Sequence[Clip]], output: Path, *, classes: Sequence[str]) -> Recording:
    """Writes clips one after the other, cropped to fill 640x360, at 25 frames a second, without sound."""
    truth: list[int] = []
    with av.open(str(output), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for clip in (clip for stretch in stretches for clip in stretch):
            for picture in _pictures(clip.path):
                frame = av.VideoFrame.from_ndarray(picture, "rgb24")
                frame.pts, frame.time_base = len(truth), Fraction(1, FPS)
                container.mux(stream.encode(frame))
                truth.append(classes.index(clip.label))
        container.mux(stream.encode(None))
    return Recording(output, np.array(truth))


def _pictures(path: Path) -> Iterator[NDArray[np.uint8]]:
    """The pictures of a film as 25 frames a second show them: at each moment the last that has begun."""
    renderer, written, held = Renderer(), 0, None
    with open_film(path) as reader:
        start = None
        for frame in reader.frames():
            start = frame.time_seconds if start is None else start
            while held is not None and written / FPS < frame.time_seconds - start - 1e-6:
                yield held
                written += 1
            held = _filled(renderer.rgb(frame))
    if held is not None:
        yield held


def _filled(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scaled and cropped in the middle, so that it fills 640x360."""
    height, width = picture.shape[:2]
    scale = max(WIDTH / width, HEIGHT / height)
    size = max(WIDTH, round(width * scale)), max(HEIGHT, round(height * scale))
    scaled = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    top, left = (size[1] - HEIGHT) // 2, (size[0] - WIDTH) // 2
    return np.ascontiguousarray(scaled[top : top + HEIGHT, left : left + WIDTH], dtype=np.uint8)
