"""`probe`, `frames`, `index`: looking at films."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from reelsift.cli.session import Session, command, listed, parsed
from reelsift.errors import ReelsiftError
from reelsift.specs import DEFAULT_BACKBONE, DEFAULT_VIEWS, Crop, FrameSpec, IndexSpec, PictureSpec, Sampling, Size

__all__ = ["CropOption", "FpsOption", "SourceArgument", "SourcesArgument", "add_to", "frame_spec"]

SourceArgument = Annotated[Path, typer.Argument(help="A film, or a folder of pictures.", metavar="SOURCE")]
SourcesArgument = Annotated[
    list[Path], typer.Argument(help="Films, folders of films, folders of pictures.", metavar="SOURCE...")
]
FpsOption = Annotated[
    str | None,
    typer.Option("--fps", help="Frames to look at a second, or 'all'. Default: 5; pictures: all.", metavar="N|all"),
]
CropOption = Annotated[
    str | None,
    typer.Option("--crop", help="Look only at this part of the upright picture, in pixels.", metavar="X,Y,W,H"),
]


def add_to(app: typer.Typer) -> None:
    app.command()(command(probe))
    app.command()(command(frames))
    app.command()(command(index))


def frame_spec(fps: str | None, crop: str | None) -> FrameSpec:
    """The spec that the options mean."""
    with parsed("--fps"):
        sampling = Sampling.parse(fps) if fps else Sampling()
    with parsed("--crop"):
        return FrameSpec(sampling, Crop.parse(crop) if crop else None)


def probe(
    session: Session,
    sources: SourcesArgument,
    quick: Annotated[bool, typer.Option("--quick", help="Decode nothing: damage inside pictures goes unseen.")] = False,
) -> None:
    """Say what is in a film: streams, frames, time stamps, damage."""
    from reelsift.media.probe import probe_film
    from reelsift.media.sources import FilmSource, resolve_sources

    found, failures = _resolved(sources, resolve_sources)
    rows: list[dict[str, Any]] = list(failures)
    for source in found:
        try:
            if isinstance(source, FilmSource):
                rows.append(_probed(source.name, probe_film(source.path, decode=not quick)))
            else:
                rows.append({"source": source.name, "pictures": len(source.pictures), "error": ""})
        except ReelsiftError as error:
            rows.append({"source": source.name, "error": str(error)})
    session.result({"sources": rows}, "\n\n".join(_probe_text(row) for row in rows))
    session.partly(failed=sum(bool(row["error"]) for row in rows), of=len(rows))


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
    with parsed("--size"):
        pictures = PictureSpec(picture_format, quality, Size.parse(size) if size else None)
    done = session.project.frames(
        source, output, frames=frame_spec(fps, crop), pictures=pictures, overwrite=session.overwrite
    )
    values = {
        "source": done.source,
        "output": str(done.output),
        "frames": done.pictures,
        "manifest": str(done.manifest),
    }
    if done.problems:
        session.warn(f"{done.source}: {done.problems}")
        session.partly(failed=1, of=2)
    session.result(
        {**values, "error": done.problems},
        f"{done.pictures} pictures in {done.output}. Sort them into one folder a class, then:\n"
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
    jobs: Annotated[int, typer.Option("--jobs", help="Parts of a film worked on at once.", min=1)] = 1,
    runner: Annotated[
        Literal["serial", "processes"] | None, typer.Option("--runner", help="Default: processes where --jobs > 1.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is missing; compute nothing.")] = False,
) -> None:
    """Decode films once and store what models learn from; goes on where an earlier run was stopped."""
    from reelsift.features.backbones import backbone_named
    from reelsift.features.views import view_named
    from reelsift.media.sources import resolve_sources

    with parsed("--views"):
        names = tuple(view_named(name).name for name in listed(views)) or DEFAULT_VIEWS
    with parsed("--backbone"):
        backbone_named(backbone)
    with parsed("--input-size"):
        spec = IndexSpec(frame_spec(fps, crop), names, backbone, Size.parse(input_size) if input_size else None)
    found, rows = _resolved(sources, resolve_sources)
    if dry_run:
        _dry_run(session, found, spec, rows)
        return
    for source in found:
        result = session.project.index(source.path, spec=spec, runner=runner or "processes", jobs=jobs)[0]
        row = {
            "source": source.name,
            "frames": result.frames,
            "duration_seconds": result.duration_seconds,
            "wall_seconds": result.wall_seconds,
            "status": result.status,
            "error": result.error,
        }
        rows.append(row)
        if not session.as_json and result.status != "failed":
            session.say(_index_text(row))
    for row in rows:
        if row["error"]:
            session.warn(f"reelsift: {row['source']}: {row['error'].removeprefix(row['source'] + ': ')}")
    total = sum(row["frames"] for row in rows)
    session.result({"sources": rows}, f"{total} frames of {len(rows)} source{'s' * (len(rows) != 1)} in the index")
    failed = sum(row["status"] == "failed" for row in rows)
    session.partly(failed=failed if failed else sum(bool(row["error"]) for row in rows), of=len(rows) + (not failed))


def _resolved(sources: list[Path], resolve: Any) -> tuple[list[Any], list[dict[str, Any]]]:
    """The sources behind paths, and a row for each path that holds none."""
    found: dict[Path, Any] = {}
    failures: list[dict[str, Any]] = []
    for path in sources:
        try:
            for source in resolve([path]):
                found.setdefault(source.path.absolute(), source)
        except ReelsiftError as error:
            failures.append(
                {"source": str(path), "frames": 0, "duration_seconds": 0.0, "wall_seconds": 0.0, "status": "failed",
                 "error": str(error)}
            )  # fmt: skip
    return list(found.values()), failures


def _dry_run(session: Session, found: list[Any], spec: IndexSpec, rows: list[dict[str, Any]]) -> None:
    from reelsift.features.extraction import plan_index
    from reelsift.project.indexing import for_source

    for source in found:
        try:
            own = for_source(spec, source)
            plan = plan_index(source, own, session.project.layout.features, views=own.views)
            missing = sum(item.part.frame_count for item in plan.items)
            rows.append(
                {"source": source.name, "frames": plan.expected_frames, "missing_views": list(plan.views),
                 "frames_to_read": missing, "status": "missing" if plan.views else "cached", "error": ""}
            )  # fmt: skip
        except ReelsiftError as error:
            rows.append({"source": source.name, "status": "failed", "error": str(error)})
    lines = [
        f"{row['source']}: "
        + (row["error"] or (f"{', '.join(row['missing_views'])} missing, {row['frames_to_read']} frames to read"
                            if row["missing_views"] else "all there"))
        for row in rows
    ]  # fmt: skip
    session.result({"sources": rows}, "\n".join(lines))
    session.partly(failed=sum(row["status"] == "failed" for row in rows), of=len(rows))


def _index_text(row: dict[str, Any]) -> str:
    if row["status"] == "cached":
        return f"{row['source']}: {row['frames']} frames, all there already"
    speed = row["frames"] / max(row["wall_seconds"], 1e-6)
    return f"{row['source']}: {row['frames']} frames in {row['wall_seconds']:.1f} s ({speed:.0f} a second)"


def _probed(name: str, probe: Any) -> dict[str, Any]:
    film = probe.film
    return {
        "source": name,
        "container": film.container,
        "codec": film.codec,
        "pixel_format": film.pixel_format,
        "width": film.size.width,
        "height": film.size.height,
        "quarter_turns": film.orientation.quarter_turns,
        "mirrored": film.orientation.mirrored,
        "sample_aspect_ratio": str(film.sample_aspect_ratio),
        "rate": str(probe.rate) if probe.rate else None,
        "is_variable_rate": probe.is_variable,
        "streams": list(film.streams),
        "duration_seconds": film.duration_seconds,
        "header_frames": film.header_frames,
        "packets": probe.packets,
        "key_frames": probe.key_frames,
        "frames": probe.frames,
        "first_seconds": probe.first_seconds,
        "last_seconds": probe.last_seconds,
        "shortest_seconds": probe.shortest_seconds,
        "longest_seconds": probe.longest_seconds,
        "undecodable": probe.undecodable,
        "error": probe.damage,
    }


def _probe_text(row: dict[str, Any]) -> str:
    if "codec" not in row:
        return f"{row['source']}\n  {row['error'].removeprefix(row['source'] + ': ') or str(row['pictures']) + ' pictures'}"
    turned = f", turned by {row['quarter_turns'] * 90} degrees" if row["quarter_turns"] else ""
    turned += ", mirrored" if row["mirrored"] else ""
    aspect = f", pixels {row['sample_aspect_ratio']}" if row["sample_aspect_ratio"] != "1" else ""
    rate = f"{float(Fraction(row['rate'])):.3f} a second" if row["rate"] else "no rate given"
    steps = f"{row['shortest_seconds'] * 1000:.2f} to {row['longest_seconds'] * 1000:.2f} ms apart"
    count = f"{row['frames']} frames" if row["frames"] is not None else f"{row['packets']} packets"
    lines = [
        row["source"],
        f"  picture  {row['width']}x{row['height']}{aspect}{turned}, {row['codec']} {row['pixel_format']}, {row['container']}",
        f"  streams  {', '.join(row['streams'])}",
        f"  frames   {count}, {row['key_frames']} key frames, {rate}{', variable' if row['is_variable_rate'] else ''}, {steps}",
        f"  time     {row['first_seconds']:.3f} s to {row['last_seconds']:.3f} s",
    ]
    if row["error"]:
        lines.append(f"  damage   {row['undecodable']} frames cannot be decoded: {row['error']}")
    return "\n".join(lines)
