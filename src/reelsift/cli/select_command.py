"""`select`: the frames that are most different."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reelsift.cli.media_commands import CropOption, FpsOption, SourcesArgument, each_source, frame_spec, sentence
from reelsift.cli.session import PARTLY, Session, command, counted, parsed
from reelsift.errors import ReelsiftError
from reelsift.specs import Method, PictureSpec, SelectSpec

if TYPE_CHECKING:
    from reelsift.media.sources import Source
    from reelsift.project.selecting_outputs import SelectionFiles

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(command(select))


def select(
    session: Session,
    sources: SourcesArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the pictures.", metavar="DIR")],
    n: Annotated[int | None, typer.Option("-n", help="How many frames.", min=1)] = None,
    min_distance: Annotated[
        float | None, typer.Option("--min-distance", help="As many as it takes until none is farther away: 0 to 2.")
    ] = None,
    method: Annotated[Method, typer.Option("--method", help="How to choose; see above.")] = "coreset",
    compare: Annotated[
        bool, typer.Option("--compare", help="Show distances also of all frames, uniform and random.")
    ] = False,
    existing: Annotated[
        list[Path] | None,
        typer.Option("--existing", help="Pictures there are: a folder, a CSV. What is chosen differs.", metavar="PATH"),
    ] = None,
    balance: Annotated[
        str | None, typer.Option("--balance", help="Equally many frames of each class of a task.", metavar="TASK")
    ] = None,
    reject: Annotated[
        str | None,
        typer.Option("--reject", help="Leave out frames: 'blur.blurred > 0.5'.", metavar="EXPRESSION"),
    ] = None,
    sequences: Annotated[
        float | None, typer.Option("--sequences", help="Choose stretches of so many seconds.", metavar="SECONDS")
    ] = None,
    fps: FpsOption = None,
    crop: CropOption = None,
    picture_format: Annotated[str, typer.Option("--format", help="png (lossless), jpg or webp.")] = "png",
    quality: Annotated[int, typer.Option("--quality", help="0 to 100, for jpg and webp.", min=0, max=100)] = 92,
    seed: Annotated[int, typer.Option("--seed", help="Of the first pick, and of random.")] = 0,
) -> None:
    """Write the frames of films that are most different from each other, full size.

    Methods: coreset (each as far as can be from all others: k-center), uniform
    (every Nth), random, typical (those that stand for most others), outliers
    (unlike all others). Copies, near copies and black frames never come in.

    Beside the pictures: selection.csv, coco.json for annotation tools, a
    contact sheet, and a map of all frames with the chosen ones.
    """
    # Long because Typer wants each option as a parameter.
    from reelsift.project.pool import gather_pool
    from reelsift.project.selecting import select_frames
    from reelsift.project.selecting_outputs import check_output, plain_values, write_files

    with parsed("-n / --min-distance"):
        spec = SelectSpec(n, min_distance, method, balance, reject, sequences, seed)
    with parsed("--format"):
        pictures = PictureSpec(picture_format, quality)  # type: ignore[arg-type]  # checks itself
    frames = frame_spec(fps, crop)
    check_output(output, overwrite=session.overwrite)
    layout, failed = session.project.layout, {}
    found = each_source(session, sources)
    readable = [source for _, source in found if not isinstance(source, ReelsiftError)]

    def fail(source: Source, error: ReelsiftError) -> None:
        failed[source.name] = str(error)

    failed |= {name: str(error) for name, error in found if isinstance(error, ReelsiftError)}
    if not readable:
        raise next(error for _, error in found if isinstance(error, ReelsiftError))
    pool = gather_pool(
        layout, readable, sampling=frames.sampling, crop=frames.crop, reject=reject, on_progress=session.progress,
        on_failure=fail,
    )  # fmt: skip
    known = layout.sources([str(path) for path in existing or ()]) if existing else ()
    selection = select_frames(layout, pool, spec=spec, existing=known, compare=compare, on_progress=session.progress)
    files = write_files(
        selection, output, pictures=pictures, compare=compare, overwrite=session.overwrite,
        on_progress=session.progress,
    )  # fmt: skip
    problems = {**failed, **{s.name: damage for s, damage in zip(pool.sources, pool.damage, strict=True) if damage}}
    for name, error in problems.items():
        session.warn(sentence({"source": name, "error": error}))
    for note in (*selection.notes, *files.problems):
        session.warn(f"reelsift: {note}")
    statistics = {name: plain_values(values) for name, values in selection.statistics.items()}
    values: dict[str, Any] = {
        "selected": files.rows,
        "statistics": statistics,
        "storage": files.storage,
        "left_out": pool.left_out,
        "frames": len(pool.usable),
        "method": method,
        "outputs": files.outputs,
        "notes": list(selection.notes),
        "errors": problems,
    }
    session.result(values, _text(files, statistics, pool.left_out, len(pool.usable), output))
    if problems or files.problems:
        session.status = PARTLY


def _text(
    files: SelectionFiles,
    statistics: Mapping[str, Mapping[str, float]],
    left_out: Mapping[str, int],
    frames: int,
    output: Path,
) -> str:
    lines = [f"{counted(len(files.rows), 'frame')} of {frames} looked at, in {output}"]
    if left_out:
        lines.append("left out: " + ", ".join(f"{count} {reason}" for reason, count in left_out.items()))
    lines += ["", f"{'distance between frames':24} {'n':>7}" + "".join(f" {head:>6}" for head in _HEADS)]
    lines += [
        f"  {name:22} {values['n']:>7}" + "".join(f" {_distance(values[head]):>6}" for head in _HEADS)
        for name, values in statistics.items()
    ]
    storage = files.storage
    if storage["all_frames_png_bytes"]:
        sample = f"measured on {storage['measured_frames']} frames"
        lines += [
            "",
            f"storage: films {_size(storage['video_bytes'])}; all frames as PNG "
            f"{_size(storage['all_frames_png_bytes'])}, as JPEG {_size(storage['all_frames_jpg_bytes'])} ({sample}); "
            f"chosen {_size(storage['selected_bytes'])}",
        ]
    return "\n".join(lines)


_HEADS = ("mean", "min", "max", "p10", "p90")


def _distance(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _size(count: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("never reached")
