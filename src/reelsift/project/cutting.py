"""Cutting a source by what a task says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from reelsift.actions.cut import CutPlan, CutResult, CutTarget, check_cut, count_kept, plan_cut, write_cut
from reelsift.actions.preview import preview_sheet
from reelsift.errors import LabelError
from reelsift.media.pictures import write_picture
from reelsift.media.reader import open_film
from reelsift.media.sources import FilmSource, Source
from reelsift.models.model import MultiModel
from reelsift.multi_timeline import MultiTimeline, no_of
from reelsift.output import check_file
from reelsift.project.indexing import Progress, silent
from reelsift.project.layout import Layout
from reelsift.project.learning import load_model
from reelsift.project.predicting import Decision, predict_source
from reelsift.project.refining import refine
from reelsift.specs import CutSpec, PictureSpec, check_crop

__all__ = ["CutPreview", "classes_kept", "cut_source", "preview_cut"]


@dataclass(frozen=True)
class CutPreview:
    """What a cut would keep.

    Attributes:
        kept_frames: Frames that would stay.
        sheet: The picture that shows what stays and what goes.
    """

    plan: CutPlan
    kept_frames: int
    sheet: Path


def classes_kept(
    layout: Layout, task: str, *, keep: tuple[str, ...] = (), drop: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """The classes that stay, from those to keep or those to drop.

    Where several classes can be true at once, a frame stays if any of those to keep is true of it, or if none of those
    to drop is, which is said as `not X`.

    Raises:
        LabelError: If a class does not exist, or nothing or everything would go.
    """
    model, _ = load_model(layout, task)
    for name in (*keep, *drop):
        if name not in model.classes:
            raise LabelError(f"there is no class '{name}' in task '{task}': its classes are {', '.join(model.classes)}")
    if isinstance(model, MultiModel):
        return keep or tuple(no_of(name) for name in drop)
    kept = tuple(name for name in model.classes if (name in keep if keep else name not in drop))
    if not kept:
        raise LabelError(f"dropping {', '.join(drop)} drops every class of task '{task}': nothing would be left")
    return kept


def cut_source(
    layout: Layout,
    task: str,
    source: Source,
    *,
    spec: CutSpec,
    target: CutTarget,
    on_progress: Progress = silent,
) -> CutResult:
    """Predicts where that is needed, looks between samples that disagree, and writes the frames that stay.

    Raises:
        OutputExistsError: If the output exists; found out before any work.
        ReelsiftError: As `predict_source` and `write_cut`.
    """
    check_cut(source, spec=spec, target=target)
    _check_crop(source, spec)
    plan = _plan(layout, task, source, spec, on_progress)

    def report(done: int, total: int | None) -> None:
        on_progress(f"{source.name}: cutting", done=done, total=total or 0)

    return write_cut(source, plan=plan, spec=spec, target=target, on_progress=report)


def preview_cut(
    layout: Layout,
    task: str,
    source: Source,
    *,
    spec: CutSpec,
    sheet: Path,
    overwrite: bool = False,
    on_progress: Progress = silent,
) -> CutPreview:
    """Finds out what a cut would keep, and draws it; writes no film."""
    check_file(sheet, overwrite=overwrite, source=source.path)
    _check_crop(source, spec)
    plan = _plan(layout, task, source, spec, on_progress)
    picture = preview_sheet(source, plan=plan)
    write_picture(sheet, picture, spec=PictureSpec(format="jpg" if sheet.suffix == ".jpg" else "png"))
    return CutPreview(plan, count_kept(source, plan=plan), sheet)


def _check_crop(source: Source, spec: CutSpec) -> None:
    if spec.crop is not None and isinstance(source, FilmSource):
        with open_film(source.path) as reader:
            check_crop(spec.crop, size=reader.film.size, name=source.name)


def _plan(layout: Layout, task: str, source: Source, spec: CutSpec, on_progress: Progress) -> CutPlan:
    # The minimum length counts exact segments, so it is applied by the plan, after the refinement.
    decision = Decision(thresholds=dict(spec.thresholds))
    timeline = predict_source(layout, task, source, decision=decision, on_progress=on_progress)
    if not isinstance(timeline, MultiTimeline):
        return plan_cut(refine(layout, timeline, source, decision=decision, on_progress=on_progress), spec=spec)
    dropped = [name for name in timeline.classes if no_of(name) in spec.keep]
    if dropped and len(dropped) < len(spec.keep):
        raise LabelError(f"{', '.join(spec.keep)}: name classes that stay, or (as 'not X') classes that go, not both")
    several = refine(layout, timeline.only(dropped or spec.keep), source, decision=decision, on_progress=on_progress)
    either = several.any_of(dropped or spec.keep)
    return plan_cut(either, spec=replace(spec, keep=(either.classes[0 if dropped else 1],)))
