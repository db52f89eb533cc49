"""`probe`: what is in a film."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

import typer

from reelsift.cli.media_commands import SourcesArgument, each_source, sentence
from reelsift.cli.session import Session, command, counted
from reelsift.errors import ReelsiftError

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(command(probe))


def probe(
    session: Session,
    sources: SourcesArgument,
    quick: Annotated[bool, typer.Option("--quick", help="Decode nothing: damage inside pictures goes unseen.")] = False,
) -> None:
    """Say what is in a film: streams, frames, time stamps, damage."""
    from reelsift.media.probe import probe_film
    from reelsift.media.sources import FilmSource

    rows: list[dict[str, Any]] = []
    for name, source in each_source(session, sources):
        try:
            if isinstance(source, ReelsiftError):
                raise source
            session.progress(f"{name}: reading", done=0, total=0)
            if isinstance(source, FilmSource):
                rows.append(_probed(name, probe_film(source.path, decode=not quick)))
            else:
                rows.append({"source": name, "pictures": len(source.pictures), "status": "read", "error": ""})
        except ReelsiftError as error:
            rows.append({"source": name, "status": "failed", "error": str(error)})
    for row in rows:
        if row["error"]:
            session.warn(sentence(row))
    session.result({"sources": rows}, "\n\n".join(_probe_text(row) for row in rows if row["status"] != "failed"))
    session.partly_done(rows)


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
        "status": "partial" if probe.damage else "read",
        "error": probe.damage,
    }


def _probe_text(row: dict[str, Any]) -> str:
    if "codec" not in row:
        return f"{row['source']}\n  {counted(row['pictures'], 'picture')}"
    turned = f", turned by {row['quarter_turns'] * 90} degrees" if row["quarter_turns"] else ""
    turned += ", mirrored" if row["mirrored"] else ""
    aspect = f", pixels {row['sample_aspect_ratio']}" if row["sample_aspect_ratio"] != "1" else ""
    rate = f"{float(Fraction(row['rate'])):.3f} a second" if row["rate"] else "no rate given"
    steps = f"{row['shortest_seconds'] * 1000:.2f} to {row['longest_seconds'] * 1000:.2f} ms apart"
    count = counted(row["packets"], "packet") if row["frames"] is None else counted(row["frames"], "frame")
    variable = ", variable" if row["is_variable_rate"] else ""
    size = f"{row['width']}x{row['height']}"
    lines = [
        row["source"],
        f"  picture  {size}{aspect}{turned}, {row['codec']} {row['pixel_format']}, {row['container']}",
        f"  streams  {', '.join(row['streams'])}",
        f"  frames   {count}, {counted(row['key_frames'], 'key frame')}, {rate}{variable}, {steps}",
        f"  time     {row['first_seconds']:.3f} s to {row['last_seconds']:.3f} s",
    ]
    if row["error"]:
        lost = f"{counted(row['undecodable'], 'frame')} cannot be decoded: " if row["undecodable"] else ""
        lines.append(f"  damage   {lost}{row['error']}")
    return "\n".join(lines)
