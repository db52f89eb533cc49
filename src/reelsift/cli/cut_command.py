"""`cut`: a film without the rest."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from reelsift.cli.label_commands import TaskOption
from reelsift.cli.media_commands import CodecOption, PresetOption, QualityOption, SourceArgument, parse_rate
from reelsift.cli.predict_command import ThresholdOption
from reelsift.cli.session import Session, command, counted, listed, parsed
from reelsift.errors import SpecError
from reelsift.specs import Crop, CutSpec, PictureSpec, parse_thresholds

if TYPE_CHECKING:
    from reelsift.actions.cut import CutTarget
    from reelsift.media.sources import Source

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    app.command()(command(cut))


def cut(
    session: Session,
    source: SourceArgument,
    task: TaskOption,
    keep: Annotated[
        list[str] | None, typer.Option("--keep", help="Classes whose frames stay.", metavar="CLASS")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option("--drop", help="Classes whose frames go.", metavar="CLASS")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The film. Default: <source>-cut.mp4", metavar="OUT")
    ] = None,
    crop: Annotated[
        str | None, typer.Option("--crop", help="Also cut the picture to this part.", metavar="X,Y,W,H")
    ] = None,
    speed: Annotated[str, typer.Option("--speed", help="Play this many times faster.", metavar="X")] = "1",
    frames: Annotated[
        Path | None, typer.Option("--frames", help="Also write the kept frames here.", metavar="DIR")
    ] = None,
    renumber: Annotated[bool, typer.Option("--renumber", help="Number those without gaps.")] = False,
    picture_format: Annotated[
        Literal["jpg", "png", "webp"] | None, typer.Option("--format", help="Kind of those. Default: png")
    ] = None,
    pad: Annotated[float, typer.Option("--pad", help="Keep this many seconds more on both sides.", min=0)] = 0.0,
    min_seconds: Annotated[
        float, typer.Option("--min-seconds", help="Shorter stretches join their neighbours.", min=0)
    ] = 0.0,
    threshold: ThresholdOption = None,
    append: Annotated[
        Path | None, typer.Option("--append", help="A clip that follows as it is.", metavar="FILE")
    ] = None,
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Drop the sound.")] = False,
    codec: CodecOption = "h264",
    quality: QualityOption = None,
    preset: PresetOption = None,
    fps: Annotated[str | None, typer.Option("--fps", help="Pictures a second, for a folder of pictures.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write no film: say and show what would go.")] = False,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", help="Picture for --dry-run. Default: <source>-cut.png", metavar="FILE")
    ] = None,
) -> None:
    """Write the frames of the kept classes: from the original, full size, exact to the frame."""
    # Long because Typer wants each option as a parameter; what there is to do is in the functions below.
    from reelsift.actions.cut import CutTarget
    from reelsift.media.codecs import encoder_options
    from reelsift.project.cutting import classes_kept

    if bool(keep) == bool(drop):
        raise typer.BadParameter("name the classes that stay, or the classes that go", param_hint="--keep or --drop")
    if frames is None and (renumber or picture_format):
        raise typer.BadParameter("this is for the pictures of --frames", param_hint="--renumber or --format")
    if sheet is not None and not dry_run:
        raise typer.BadParameter("this is for --dry-run", param_hint="--sheet")
    with parsed("--threshold"):
        thresholds = parse_thresholds(threshold or [])
    with parsed("--speed"):
        times_faster = _speed(speed)
    with parsed("--crop"):
        part = Crop.parse(crop) if crop else None
    with parsed("--fps"):
        rate = parse_rate(fps) if fps else None
    with parsed("--preset"):
        encoder_options(codec, quality=quality, preset=preset)
    layout, found = session.project.layout, session.project.layout.one_source(source, fps=rate)
    kept = classes_kept(layout, task, keep=listed(keep), drop=listed(drop))
    spec = CutSpec(
        kept, part, times_faster, pad, min_seconds, thresholds, not no_audio, codec, quality=quality, preset=preset
    )
    stem = source.stem if source.is_file() else source.absolute().name
    if dry_run:
        _preview(session, task, found, spec=spec, sheet=sheet or Path(f"{stem}-cut.png"))
        return
    film = output if output or frames else Path(f"{stem}-cut.mp4")
    target = CutTarget(film, frames, PictureSpec(picture_format or "png"), renumber, append, session.overwrite)
    _write(session, task, found, spec=spec, target=target)


def _write(session: Session, task: str, source: Source, *, spec: CutSpec, target: CutTarget) -> None:
    from reelsift.project.cutting import cut_source
    from reelsift.project.indexing import known_damage

    layout = session.project.layout
    done = cut_source(layout, task, source, spec=spec, target=target, on_progress=session.progress)
    damage = known_damage(layout, source.source_id)
    for note in done.notes:
        session.say(f"note: {note}")
    if damage:
        session.warn(f"reelsift: {done.source}: {damage}; what can be read was cut")
    values = {
        "source": done.source,
        "output": str(done.output),
        "frames_dir": str(done.frames_dir) if done.frames_dir else None,
        "kept_frames": done.kept_frames,
        "total_frames": done.total_frames,
        "kept_seconds": done.kept_seconds,
        "segments": _segments(done.segments),
        "appended_frames": done.appended_frames,
        "notes": list(done.notes),
        "error": damage,
    }
    share = done.kept_frames / max(done.total_frames, 1) * 100
    stretches = "1 stretch" if len(done.segments) == 1 else f"{len(done.segments)} stretches"
    also = f", and {counted(done.appended_frames, 'frame')} appended" if done.appended_frames else ""
    session.result(
        values,
        f"{done.output}: {done.kept_frames} of {done.total_frames} frames kept ({share:.1f} %), "
        f"{done.kept_seconds:.2f} s in {stretches}{also}",
    )
    session.partly(failed=bool(damage), of=2)


def _preview(session: Session, task: str, source: Source, *, spec: CutSpec, sheet: Path) -> None:
    from reelsift.project.cutting import preview_cut
    from reelsift.project.indexing import known_damage

    layout = session.project.layout
    shown = preview_cut(
        layout, task, source, spec=spec, sheet=sheet, overwrite=session.overwrite, on_progress=session.progress
    )
    damage = known_damage(layout, source.source_id)
    if damage:
        session.warn(f"reelsift: {source.name}: {damage}")
    plan = shown.plan
    kept = [stretch for stretch in plan.segments if stretch.kept]
    seconds = sum(stretch.duration_seconds for stretch in kept)
    values = {
        "source": source.name,
        "output": None,
        "preview": str(shown.sheet),
        "kept_frames": shown.kept_frames,
        "total_frames": plan.frame_count,
        "kept_seconds": seconds,
        "segments": _segments(kept),
        "error": damage,
    }
    gone = plan.frame_count - shown.kept_frames
    session.result(
        values,
        f"{source.name}: {shown.kept_frames} of {plan.frame_count} frames would stay, {gone} would go;"
        f" look at {shown.sheet}",
    )
    session.partly(failed=bool(damage), of=2)


def _segments(stretches: Any) -> list[dict[str, float]]:
    return [{"start_seconds": s.start_seconds, "end_seconds": s.end_seconds} for s in stretches]


def _speed(text: str) -> Fraction:
    try:
        speed = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise SpecError(f"'{text}' is not a speed: give how many times faster, for example 4 or 0.5") from None
    if not Fraction(1, 100) <= speed <= 1000:
        raise SpecError(f"speed goes from 0.01 to 1000, not {text}")
    return speed
