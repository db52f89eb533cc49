"""`annotate`: a film with the scores drawn on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reelsift.cli.media_commands import CodecOption, PresetOption, QualityOption, SourceArgument, parse_rate
from reelsift.cli.predict_command import ThresholdOption
from reelsift.cli.session import Session, command, counted, listed, parsed
from reelsift.specs import AnnotateSpec, parse_thresholds

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(command(annotate))


def annotate(
    session: Session,
    source: SourceArgument,
    task: Annotated[list[str], typer.Option("--task", help="Task that is drawn; repeat it to draw several.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The film. Default: <source>-annotated.mp4", metavar="OUT")
    ] = None,
    min_seconds: Annotated[
        float, typer.Option("--min-seconds", help="Shorter stretches join their neighbours.", min=0)
    ] = 0.0,
    threshold: ThresholdOption = None,
    codec: CodecOption = "h264",
    quality: QualityOption = None,
    preset: PresetOption = None,
    fps: Annotated[str | None, typer.Option("--fps", help="Pictures a second, for a folder of pictures.")] = None,
) -> None:
    """Draw over a film what tasks say of it: probabilities in a corner, the timeline at the bottom.

    Predicts first where that is missing, exact to the frame. Frames, their
    time stamps and the sound stay as they are. With several tasks,
    --threshold also takes TASK.CLASS=P.
    """
    from reelsift.media.codecs import encoder_options
    from reelsift.media.encode import VideoSettings
    from reelsift.project.annotating import annotate_source
    from reelsift.project.indexing import known_damage

    with parsed("--threshold"):
        thresholds = parse_thresholds(threshold or [])
    with parsed("--task"):
        spec = AnnotateSpec(listed(task), thresholds, min_seconds)
    with parsed("--fps"):
        rate = parse_rate(fps) if fps else None
    with parsed("--preset"):
        encoder_options(codec, quality=quality, preset=preset)
    layout, found = session.project.layout, session.project.layout.one_source(source, fps=rate)
    stem = source.stem if source.is_file() else source.absolute().name
    done = annotate_source(
        layout, found, spec, output=output or Path(f"{stem}-annotated.mp4"),
        settings=VideoSettings(codec, quality, preset), overwrite=session.overwrite, on_progress=session.progress,
    )  # fmt: skip
    damage = known_damage(layout, found.source_id)
    for note in done.notes:
        session.say(f"note: {note}")
    if damage:
        session.warn(f"reelsift: {done.source}: {damage}; what can be read was annotated")
    values = {
        "source": done.source,
        "output": str(done.output),
        "frames": done.frames,
        "tasks": list(done.tasks),
        "notes": list(done.notes),
        "error": damage,
    }
    session.result(values, f"{done.output}: {counted(done.frames, 'frame')} with {', '.join(done.tasks)}")
    session.partly(failed=bool(damage), of=2)
