"""`split`: a film as equal clips, to be sorted by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from reelsift.cli.media_commands import CodecOption, PresetOption, QualityOption
from reelsift.cli.session import Session, command, counted, parsed
from reelsift.errors import SpecError
from reelsift.specs import SplitSpec

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(command(split))


def split(
    session: Session,
    source: Annotated[Path, typer.Argument(help="A film.", metavar="SOURCE")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the clips.", metavar="DIR")],
    seconds: Annotated[str, typer.Option("--seconds", help="Length of each clip.", metavar="S")] = "3",
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Drop the sound.")] = False,
    codec: CodecOption = "h264",
    quality: QualityOption = None,
    preset: PresetOption = None,
) -> None:
    """Write a film as equal clips, exact to the frame, to be sorted into classes by hand."""
    from reelsift.media.codecs import encoder_options

    with parsed("--seconds"):
        spec = SplitSpec(_seconds(seconds), not no_audio, codec, quality=quality, preset=preset)
    with parsed("--preset"):
        encoder_options(codec, quality=quality, preset=preset)
    done = session.project.split(source, output, spec=spec, overwrite=session.overwrite)
    for note in done.notes:
        session.say(f"note: {note}")
    if done.problems:
        session.warn(f"reelsift: {done.source}: {done.problems}; what can be read was split")
        session.partly(failed=1, of=2)
    values: dict[str, Any] = {
        "source": done.source,
        "output": str(done.output),
        "table": str(done.table),
        "clips": [
            {"file": clip.file, "first_frame": clip.first_frame, "end_frame": clip.end_frame,
             "start_seconds": clip.start_seconds, "end_seconds": clip.end_seconds}
            for clip in done.clips
        ],
        "resumed": done.resumed,
        "notes": list(done.notes),
        "error": done.problems,
    }  # fmt: skip
    last = done.clips[-1]
    lasts = last.end_seconds - last.start_seconds
    shorter = f", the last of {lasts:.2f} s" if len(done.clips) > 1 and lasts < spec.seconds * Fraction(98, 100) else ""
    there = f" ({done.resumed} were there already)" if done.resumed else ""
    session.result(
        values,
        f"{counted(len(done.clips), 'clip')} in {done.output}{shorter}{there}. "
        f"Sort them into one folder a class, then:\n  reelsift labels import FOLDER --task NAME",
    )


def _seconds(text: str) -> Fraction:
    try:
        return Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise SpecError(f"'{text}' is not a length: give seconds, for example 3 or 2.5") from None
