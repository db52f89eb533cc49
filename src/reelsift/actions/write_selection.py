"""Writing chosen frames: each as a picture, with the tables that annotation tools open."""

from __future__ import annotations

import csv
import itertools
import json
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reelsift.actions.selection import ChosenFrame, Written
from reelsift.errors import MediaError, OutputError, ReelsiftError, SourceNotFoundError, SpecError
from reelsift.media.ahead import worked_ahead
from reelsift.media.parts import scan_packets
from reelsift.media.picture_reader import read_picture
from reelsift.media.pictures import encode_picture
from reelsift.media.reader import Frame, open_film
from reelsift.media.render import Renderer, scaled, shrunk
from reelsift.media.single_frames import WantedFrame, read_single_frames
from reelsift.output import check_folder, writing_folder
from reelsift.specs import PictureSpec

__all__ = [
    "COCO_FILE",
    "CSV_COLUMNS",
    "CSV_FILE",
    "FrameBytes",
    "all_frames_bytes",
    "check_selection",
    "write_selection",
]

CSV_FILE, COCO_FILE = "selection.csv", "coco.json"
CSV_COLUMNS = ("file", "source", "frame_index", "time_seconds")
SMALL_LONGEST = 320

_FORMATS: Mapping[str, Literal["jpg", "png", "webp"]] = {".jpg": "jpg", ".jpeg": "jpg", ".png": "png", ".webp": "webp"}
_STEM_BYTES = 180  # most systems take names of 255 bytes; index, time and ending need some of them
_WORKERS, _AHEAD = 2, 3  # few, for a frame of an 8K film takes 100 MB

OnProgress = Callable[[int, int], None]
OnPicture = Callable[[ChosenFrame, NDArray[np.uint8]], None]
Also = Callable[[Path, Sequence[Written]], None]


# Writing -------------------------------------------------------------------------------------------------------------


def check_selection(frames: Sequence[ChosenFrame], output: Path, *, overwrite: bool) -> None:
    """Makes sure, before any work, that frames can be written into a folder.

    Raises:
        SpecError: If there are no frames.
        OutputExistsError: If there is something in the folder and it may not be replaced.
        OutputError: If it cannot be written to, or holds the very pictures that were chosen from.
    """
    if not frames:
        raise SpecError("no frames were chosen, so there is nothing to write")
    folders = {frame.path.parent.resolve() for frame in frames if frame.is_picture}
    if output.resolve() in folders:
        raise OutputError(f"{output}: the pictures to choose from are in this folder; give the result another one")
    check_folder(output, overwrite=overwrite)


def write_selection(
    frames: Sequence[ChosenFrame],
    output: Path,
    *,
    pictures: PictureSpec,
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
    on_picture: OnPicture | None = None,
    also: Also | None = None,
    threads: int = 0,
) -> list[Written]:
    """Writes each frame as a picture into a folder, with `selection.csv` and `coco.json` beside them.

    A frame of a film is the one that decoding all of the film gives, upright, at full size unless `pictures` says
    otherwise; PNG holds it to the last bit. Pictures of a folder are copied as they are, if that is the format asked
    for. The folder is there whole or not at all; of what an earlier selection wrote into it, nothing is left.

    Files are called `<film>_<frame index>_<seconds>.png`, for pictures of a folder their own names; where films share a
    name, the folder they lie in goes before it.

    Args:
        frames: What is written, in the order of the tables.
        output: The folder; made when missing.
        pictures: How pictures are written.
        overwrite: Whether there may be something in the folder.
        on_progress: Called with the number of frames done and of all.
        on_picture: Called with each frame that was written and a small picture of it, `(H, W, 3)` uint8, at most 320
            pixels long; in the order of the films, not of `frames`.
        also: Called with the folder before it gets its name, and with the result: what else it writes there is there
            whole or not at all, too.
        threads: Decoding threads; 0: as many as there are cores.

    Returns:
        For each of `frames` the file, or why there is none.

    Raises:
        SpecError, OutputExistsError, OutputError: As `check_selection`.
        MediaError: If not a single frame can be read.
        OutputError: If the system says no, or the format cannot hold pictures of that size.
    """
    check_selection(frames, output, overwrite=overwrite)
    names = _file_names(frames, pictures)
    earlier = _files_of_earlier(output)
    found: dict[int, Written] = {}
    with writing_folder(output, replaces=earlier.__contains__) as folder:
        writer = _Writer(frames, names, folder, pictures, small=on_picture is not None)
        for number, written, small in worked_ahead(
            writer.write, _read(frames, threads), workers=_WORKERS, ahead=_AHEAD
        ):
            found[number] = written
            if on_picture is not None and small is not None:
                on_picture(frames[number], small)
            if on_progress is not None:
                on_progress(len(found), len(frames))
        results = [found[number] for number in range(len(frames))]
        if all(written.problem for written in results):
            raise MediaError(results[0].problem)
        _write_tables(results, folder)
        if also is not None:
            also(folder, results)
    return results


_Read = tuple[int, Frame | Path | ReelsiftError]


def _read(frames: Sequence[ChosenFrame], threads: int) -> Iterator[_Read]:
    """Each frame by its number: decoded, or the picture it is, or why it cannot be read; film by film."""
    films: dict[Path, list[int]] = {}
    for number, frame in enumerate(frames):
        if frame.is_picture:
            yield number, frame.path
        else:
            films.setdefault(frame.path, []).append(number)
    for path, numbers in films.items():
        wanted = [WantedFrame(frames[number].frame_index, frames[number].time_seconds) for number in numbers]
        given: set[int] = set()
        try:
            for which, content in read_single_frames(path, wanted, threads=threads):
                given.add(which)
                yield numbers[which], content
        except (MediaError, SourceNotFoundError) as error:
            yield from ((number, error) for which, number in enumerate(numbers) if which not in given)


class _Writer:
    """Writes pictures, in several threads at once, each of which has its own scaler."""

    def __init__(
        self, frames: Sequence[ChosenFrame], names: Sequence[str], folder: Path, spec: PictureSpec, *, small: bool
    ) -> None:
        self._frames, self._names, self._folder, self._spec, self._small = frames, names, folder, spec, small
        self._own = threading.local()

    def write(self, read: _Read) -> tuple[int, Written, NDArray[np.uint8] | None]:
        """Writes one frame; gives its number, what became of it, and a small picture of it if that is wanted."""
        number, content = read
        frame, path = self._frames[number], self._folder / self._names[number]
        try:
            rgb = self._drawn(content)
        except (MediaError, SourceNotFoundError) as error:
            return number, Written(frame, "", 0, 0, 0, str(error)), None
        if frame.is_picture and _is_copied(frame.path, self._spec):
            shutil.copyfile(frame.path, path)
        else:
            rgb = scaled(rgb, self._spec.size)
            path.write_bytes(encode_picture(rgb, spec=self._spec))
        height, width = rgb.shape[:2]
        small = np.ascontiguousarray(shrunk(rgb, SMALL_LONGEST)) if self._small else None
        return number, Written(frame, path.name, path.stat().st_size, width, height), small

    def _drawn(self, content: Frame | Path | ReelsiftError) -> NDArray[np.uint8]:
        if isinstance(content, ReelsiftError):
            raise content
        return read_picture(content) if isinstance(content, Path) else self._renderer.rgb(content)

    @property
    def _renderer(self) -> Renderer:
        if not hasattr(self._own, "renderer"):
            self._own.renderer = Renderer()
        renderer: Renderer = self._own.renderer
        return renderer


def _is_copied(picture: Path, spec: PictureSpec) -> bool:
    """Whether a picture is of the format asked for already, and of the size."""
    return spec.size is None and _FORMATS.get(picture.suffix.lower()) == spec.format


# Names ---------------------------------------------------------------------------------------------------------------


def _file_names(frames: Sequence[ChosenFrame], spec: PictureSpec) -> list[str]:
    """A name for each frame, all different whatever the case, which some systems do not tell apart."""
    stems = _film_stems(list(dict.fromkeys(frame.path for frame in frames if not frame.is_picture)))
    names: list[str] = []
    taken, copies = {CSV_FILE, COCO_FILE}, Counter[str]()
    for frame in frames:
        if frame.is_picture:
            stem = _shortened(frame.path.stem)
            ending = frame.path.suffix if _is_copied(frame.path, spec) else f".{spec.format}"
        else:
            stem = f"{_shortened(stems[frame.path])}_{frame.frame_index:06d}_{frame.time_seconds:.3f}"
            ending = f".{spec.format}"
        name = f"{stem}{ending}"
        while name.casefold() in taken:
            copies[stem.casefold()] += 1
            name = f"{stem}-{copies[stem.casefold()] + 1}{ending}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _film_stems(paths: Sequence[Path]) -> dict[Path, str]:
    """What the names of each film's frames begin with: of films of one name, that of the folders they lie in, too.

    Worked case: `monday/cam.mp4`, `tuesday/cam.mp4` and `drive.mp4` are `monday_cam`, `tuesday_cam` and `drive`.
    """
    alike: dict[str, list[Path]] = {}
    for path in paths:
        alike.setdefault(path.stem.casefold(), []).append(path)
    stems: dict[Path, str] = {}
    for group in alike.values():
        # `cam.mp4` and `cam.mkv` in one folder are told apart by the ending.
        apart = len({path.absolute().parent for path in group}) == len(group)
        lasts = {path: path.stem if apart else path.name.replace(".", "_") for path in group}
        folders = {path: path.absolute().parent.parts[1:] for path in group}
        for depth in range(1 + max(len(names) for names in folders.values())):
            found = {path: "_".join((*names[len(names) - depth :], lasts[path])) for path, names in folders.items()}
            if len({stem.casefold() for stem in found.values()}) == len(group):
                break
        stems.update(found)
    return stems


def _shortened(stem: str) -> str:
    return stem.encode(errors="surrogateescape")[:_STEM_BYTES].decode(errors="ignore")


def _files_of_earlier(output: Path) -> set[str]:
    """Names of the pictures that an earlier selection wrote into a folder, as its table has them."""
    try:
        with (output / CSV_FILE).open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeError, csv.Error):
        return set()
    return {row[0] for row in rows[1:] if row} if rows and tuple(rows[0]) == CSV_COLUMNS else set()


# Tables --------------------------------------------------------------------------------------------------------------


def _write_tables(results: Sequence[Written], folder: Path) -> None:
    there = [written for written in results if written.file]
    # A name that is not text, as some systems have them, is written with its odd bytes spelled out.
    with (folder / CSV_FILE).open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(CSV_COLUMNS)
        for one in there:
            table.writerow((one.file, one.frame.source, one.frame.frame_index, f"{one.frame.time_seconds:.6f}"))
    text = json.dumps(_coco(there), indent=1, ensure_ascii=False) + "\n"
    (folder / COCO_FILE).write_text(text, encoding="utf-8", errors="backslashreplace")


def _coco(written: Sequence[Written]) -> dict[str, Any]:
    """The frames as a COCO data set without annotations (https://cocodataset.org/#format-data).

    Each image also says which frame of which video it is, under the names that COCO's descendants for video use.
    """
    videos: dict[str, int] = {}
    for one in written:
        videos.setdefault(one.frame.source, len(videos) + 1)
    images = [
        {
            "id": number,
            "file_name": one.file,
            "width": one.width,
            "height": one.height,
            "video_id": videos[one.frame.source],
            "frame_id": one.frame.frame_index,
            "time_seconds": round(one.frame.time_seconds, 6),
        }
        for number, one in enumerate(written, start=1)
    ]
    return {
        "info": {"description": "Frames chosen by reelsift", "version": "1.0"},
        "licenses": [],
        "videos": [{"id": number, "name": source} for source, number in videos.items()],
        "images": images,
        "annotations": [],
        "categories": [],
    }


# What all frames would take ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FrameBytes:
    """What all frames of a film would take as pictures, in bytes, as far as a sample of them tells.

    Attributes:
        png: As PNG.
        jpg: As JPEG.
        sampled: Of how many frames the mean was taken.
    """

    png: int
    jpg: int
    sampled: int


def all_frames_bytes(
    path: Path,
    frame_count: int,
    *,
    sample: int = 12,
    jpg: PictureSpec | None = None,
    pictures: Sequence[Path] | None = None,
    threads: int = 0,
) -> FrameBytes:
    """Measures what all frames would take as pictures, on some spread evenly over a film.

    Args:
        path: The film, or the folder of pictures.
        frame_count: How many frames it has.
        sample: How many are looked at; all, where there are fewer.
        jpg: Quality of the JPEG files; the usual one if not given.
        pictures: The pictures of a folder.
        threads: Decoding threads; 0: as many as there are cores.

    Raises:
        MediaError: If none of them can be read.
    """
    png, jpg = PictureSpec("png"), jpg or PictureSpec("jpg")

    def measured(drawn: NDArray[np.uint8]) -> tuple[int, int]:
        return len(encode_picture(drawn, spec=png)), len(encode_picture(drawn, spec=jpg))

    drawn = (
        _sampled_pictures(pictures, sample)
        if pictures is not None
        else _sampled_frames(path, frame_count, sample, threads)
    )
    sizes = list(worked_ahead(measured, drawn, workers=_WORKERS, ahead=_AHEAD))
    if not sizes:
        raise MediaError(f"{path}: not one of the frames looked at could be read")
    means = np.mean(sizes, axis=0) * frame_count
    return FrameBytes(round(float(means[0])), round(float(means[1])), len(sizes))


def _sampled_pictures(pictures: Sequence[Path], sample: int) -> Iterator[NDArray[np.uint8]]:
    for place in _spread(len(pictures), sample):
        try:
            yield read_picture(pictures[place])
        except (MediaError, SourceNotFoundError):
            continue


def _sampled_frames(path: Path, frame_count: int, sample: int, threads: int) -> Iterator[NDArray[np.uint8]]:
    scan, renderer = scan_packets(path), Renderer()
    if not scan.key_pts:  # it cannot be entered, and its packets may say nothing of time
        places = set(_spread(frame_count, sample))
        with open_film(path, threads=threads) as reader:
            frames = itertools.islice(reader.frames(), max(places, default=-1) + 1)
            yield from (renderer.rgb(frame) for frame in frames if frame.frame_index in places)
        return
    wanted = [WantedFrame(place, scan.pts[place] * float(scan.time_base)) for place in _spread(len(scan.pts), sample)]
    for _, frame in read_single_frames(path, wanted, scan=scan, threads=threads):
        if isinstance(frame, Frame):
            yield renderer.rgb(frame)


def _spread(count: int, sample: int) -> list[int]:
    """The middles of `sample` equal stretches of `count` frames; all of them if there are fewer."""
    return [(2 * number + 1) * count // (2 * sample) for number in range(sample)] if count > sample else [*range(count)]
