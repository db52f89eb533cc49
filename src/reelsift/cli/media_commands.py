"""`frames` and `index`: looking at films."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from reelsift.cli.session import Session, command, counted, listed, parsed
from reelsift.errors import LabelError, ReelsiftError, SpecError
from reelsift.specs import DEFAULT_BACKBONE, DEFAULT_VIEWS, Crop, FrameSpec, IndexSpec, PictureSpec, Sampling, Size

if TYPE_CHECKING:
    from reelsift.media.sources import Source
    from reelsift.project.indexing import IndexResult

__all__ = [
    "CodecOption",
    "CropOption",
    "FpsOption",
    "PresetOption",
    "QualityOption",
    "SourceArgument",
    "SourcesArgument",
    "add_to",
    "each_source",
    "frame_spec",
    "parse_rate",
    "sentence",
]

SourceArgument = Annotated[
    Path, typer.Argument(help="A film, a folder of pictures, or a CSV that lists pictures.", metavar="SOURCE")
]
SourcesArgument = Annotated[
    list[Path], typer.Argument(help="Films, folders of films or of pictures, CSVs that list them.", metavar="SOURCE")
]
FpsOption = Annotated[
    str | None,
    typer.Option("--fps", help="Frames to look at a second, or 'all'. Default: 5; pictures: all.", metavar="N|all"),
]
CodecOption = Annotated[Literal["h264", "h265", "av1"], typer.Option("--codec", help="Video codec.")]

QualityOption = Annotated[
    int | None, typer.Option("--quality", help="0 (small) to 100 (hardly a loss). Default: 80", min=0, max=100)
]

PresetOption = Annotated[
    str | None, typer.Option("--preset", help="The codec's own word: medium, veryfast, ...; av1: 0 to 9.")
]

CropOption = Annotated[
    str | None,
    typer.Option("--crop", help="Look only at this part of the upright picture, in pixels.", metavar="X,Y,W,H"),
]


def add_to(app: typer.Typer) -> None:
    app.command()(command(frames))
    app.command()(command(index))


def frame_spec(fps: str | None, crop: str | None) -> FrameSpec:
    """The spec that the options mean."""
    with parsed("--fps"):
        sampling = Sampling.parse(fps) if fps else Sampling()
        if sampling.bursts:
            raise SpecError("bursts are for rate, which looks at films so by itself: give a number, or 'all'")
    with parsed("--crop"):
        return FrameSpec(sampling, Crop.parse(crop) if crop else None)


def parse_rate(text: str) -> Fraction:
    """Pictures a second: a number or a fraction above 0."""
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise SpecError(f"'{text}' is not a rate: give pictures a second, for example 25 or 30000/1001") from None
    if not 0 < rate <= 1000:
        raise SpecError(f"a rate lies between 0 and 1000 pictures a second, not {text}")
    return rate


def each_source(
    session: Session, paths: Iterable[Path], *, fps: Fraction | None = None, root: Path | None = None
) -> list[tuple[str, Source | ReelsiftError]]:
    """The sources behind paths, each once and in order, with their names; the error in place of one that has none.

    Args:
        fps: Pictures a second.
        root: Where paths in a table count from; its own folder if not given.
    """
    found: dict[str, tuple[str, Source | ReelsiftError]] = {}
    for path in paths:
        try:
            listed = session.project.layout.listing(path, fps=fps, root=root)
            for source in listed.sources:
                found.setdefault(str(source.path.absolute()), (source.name, source))
            for problem in listed.problems:
                found.setdefault(f"{path.absolute()}: {problem}", (problem.where, LabelError(problem.what)))
        except ReelsiftError as error:
            found.setdefault(str(path.absolute()), (str(path), error))
    return list(found.values())


def sentence(row: Mapping[str, Any]) -> str:
    """The line that says what is wrong with a source; the name once."""
    return f"reelsift: {row['source']}: {str(row['error']).removeprefix(row['source'] + ': ')}"


def frames(
    session: Session,
    source: Annotated[Path, typer.Argument(help="A film.", metavar="SOURCE")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the pictures.", metavar="DIR")],
    fps: FpsOption = None,
    crop: CropOption = None,
    size: Annotated[str | None, typer.Option("--size", help="Scale the pictures.", metavar="WxH")] = None,
    picture_format: Annotated[Literal["jpg", "png", "webp"], typer.Option("--format", help="Kind of picture.")] = "jpg",
    quality: Annotated[int, typer.Option("--quality", help="0 to 100, for jpg and webp.", min=0, max=100)] = 92,
) -> None:
    """Write frames of a film as pictures, to be sorted into classes by hand."""
    wanted = frame_spec(fps, crop)
    with parsed("--size"):
        pictures = PictureSpec(picture_format, quality, Size.parse(size) if size else None)
    done = session.project.frames(source, output, frames=wanted, pictures=pictures, overwrite=session.overwrite)
    values = {
        "source": done.source,
        "output": str(done.output),
        "frames": done.pictures,
        "manifest": str(done.manifest),
    }
    if done.problems:
        session.warn(f"reelsift: {done.source}: {done.problems}")
        session.partly(failed=1, of=2)
    session.result(
        {**values, "error": done.problems},
        f"{counted(done.pictures, 'picture')} in {done.output}. Sort them into one folder a class, then:\n"
        f"  reelsift labels import FOLDER --task NAME",
    )


def index(
    session: Session,
    sources: SourcesArgument,
    fps: FpsOption = None,
    crop: CropOption = None,
    input_size: Annotated[
        str | None, typer.Option("--input-size", help="Size the network sees; multiples of 32.", metavar="WxH")
    ] = None,
    backbone: Annotated[str, typer.Option("--backbone", help="Network behind the appearance view.")] = DEFAULT_BACKBONE,
    views: Annotated[
        list[str] | None, typer.Option("--views", help=f"What to compute. Default: {','.join(DEFAULT_VIEWS)}.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="Parts of films worked on at once. Default: 1", min=1)
    ] = None,
    runner: Annotated[
        Literal["serial", "processes"] | None,
        typer.Option("--runner", help="Default: processes where --jobs > 1; alone: as many as there are cores."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is missing; compute nothing.")] = False,
) -> None:
    """Decode films once and store what models learn from; goes on where an earlier run was stopped."""
    from reelsift.features.backbones import backbone_named
    from reelsift.features.views import view_named
    from reelsift.runners import core_count

    wanted = frame_spec(fps, crop)
    if runner == "serial" and jobs is not None and jobs > 1:
        raise typer.BadParameter("serial works on one part at a time: leave one of the two out", param_hint="--jobs")
    at_once = jobs or (core_count() if runner == "processes" else 1)
    with parsed("--views"):
        names = tuple(view_named(name).name for name in listed(views)) or DEFAULT_VIEWS
    with parsed("--backbone"):
        backbone_named(backbone)
    with parsed("--input-size"):
        spec = IndexSpec(wanted, names, backbone, Size.parse(input_size) if input_size else None)
    # Of pictures all are looked at; a number says how many of them make a second.
    found = each_source(session, sources, fps=wanted.sampling.fps if fps else None)
    if dry_run:
        _dry_run(session, found, spec)
        return
    rows = _index_all(session, found, spec, runner=runner or "processes", jobs=at_once)
    there = [row for row in rows if row["status"] != "failed"]
    total = counted(sum(row["frames"] for row in there), "frame")
    session.result({"sources": rows}, f"{total} of {counted(len(there), 'source')} in the index" if there else "")
    session.partly_done(rows)


def _index_all(
    session: Session,
    found: list[tuple[str, Source | ReelsiftError]],
    spec: IndexSpec,
    *,
    runner: Literal["serial", "processes"],
    jobs: int,
) -> list[dict[str, Any]]:
    """Indexes sources and tells of each when it is done; the rows are in the order the sources were given."""
    from reelsift.project.indexing import index_sources

    session.project.layout.check()

    def tell(row: dict[str, Any]) -> None:
        if row["error"]:
            session.warn(sentence(row))
        if row["status"] != "failed" and not session.as_json:
            session.say(_index_text(row))

    def row_of(result: IndexResult) -> dict[str, Any]:
        return _index_row(result.source, **{key: getattr(result, key) for key in _INDEX_KEYS})

    rows = [
        _index_row(name, error=str(source)) if isinstance(source, ReelsiftError) else None for name, source in found
    ]
    for row in rows:
        if row:
            tell(row)
    results = index_sources(
        session.project.layout, [source for _, source in found if not isinstance(source, ReelsiftError)],
        spec=spec, runner=runner, jobs=jobs, overwrite=session.overwrite, on_progress=session.progress,
        on_result=lambda result: tell(row_of(result)),
    )  # fmt: skip
    done = iter(results)
    return [row or row_of(next(done)) for row in rows]


_INDEX_KEYS = ("frames", "duration_seconds", "wall_seconds", "status", "error")


def _index_row(
    name: str,
    *,
    frames: int = 0,
    duration_seconds: float = 0.0,
    wall_seconds: float = 0.0,
    status: str = "failed",
    error: str = "",
) -> dict[str, Any]:
    return {
        "source": name,
        "frames": frames,
        "duration_seconds": duration_seconds,
        "wall_seconds": wall_seconds,
        "status": status,
        "error": error,
    }


def _dry_run(session: Session, found: list[tuple[str, Source | ReelsiftError]], spec: IndexSpec) -> None:
    from reelsift.project.indexing import plan_source

    rows: list[dict[str, Any]] = []
    for name, source in found:
        try:
            if isinstance(source, ReelsiftError):
                raise source
            plan = plan_source(session.project.layout, source, spec, overwrite=session.overwrite)
            missing = sum(item.part.frame_count for item in plan.items)
            rows.append(
                {"source": name, "frames": plan.expected_frames, "missing_views": list(plan.views),
                 "frames_to_read": missing, "status": "missing" if plan.views else "cached", "error": ""}
            )  # fmt: skip
        except ReelsiftError as error:
            rows.append({"source": name, "status": "failed", "error": str(error)})
            session.warn(sentence(rows[-1]))
    session.result({"sources": rows}, "\n".join(_missing_text(row) for row in rows if row["status"] != "failed"))
    session.partly_done(rows)


def _missing_text(row: Mapping[str, Any]) -> str:
    if not row["missing_views"]:
        return f"{row['source']}: all there"
    to_read = counted(row["frames_to_read"], "frame")
    return f"{row['source']}: {', '.join(row['missing_views'])} missing, {to_read} to read"


def _index_text(row: dict[str, Any]) -> str:
    frames = counted(row["frames"], "frame")
    if row["status"] == "cached":
        return f"{row['source']}: {frames}, all there already"
    speed = row["frames"] / max(row["wall_seconds"], 1e-6)
    return f"{row['source']}: {frames} in {row['wall_seconds']:.1f} s ({speed:.{0 if speed >= 10 else 1}f} a second)"
