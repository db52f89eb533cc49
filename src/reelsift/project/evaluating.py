"""Evaluating: a trained model, and labels it has not seen.

Each labelled frame is judged by itself, by its calibrated probabilities: that is what the honest scores of training
speak of, so the two can be compared. A clip that is labelled as a whole is judged once more as one thing, by the mean
of the probabilities of its frames; and where all frames lie on indexed films, they are judged once more by the smoothed
labels of their timelines, which is what `predict` and `cut` go by.

Frames that the model was trained on are left out: a score on them would flatter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reelsift.errors import LabelError
from reelsift.labels import ColumnNames, Label, Problem, SourceRecord, TaskKind, read_labels
from reelsift.project.indexing import Progress, silent
from reelsift.project.judging import Asked, clip_numbers, gather_judged, scores_of_segments, smoothed_labels
from reelsift.project.layout import Layout
from reelsift.project.learning import load_model
from reelsift.project.resolving import ResolvedLabels, resolve_labels
from reelsift.project.seen import SeenLabels
from reelsift.project.sequencing import sequence_probabilities
from reelsift.segment_scores import OVERLAPS_PERCENT, SegmentScores
from reelsift.specs import IndexSpec

if TYPE_CHECKING:
    from reelsift.models import Examples
    from reelsift.models.scoring import Answers, ClassScores

__all__ = ["Evaluation", "evaluate_task"]


@dataclass(frozen=True)
class Evaluation:
    """What a model is worth on labels it has not seen.

    Where several classes can be true at once, whether a frame shows a class is a question with yes or no for each of
    them: accuracies are shares of these answers, and balanced accuracy is the mean of that of each class.

    Attributes:
        labels: Where the labels were read, as the user gave it.
        frames: Number of frames that were judged.
        accuracy: Share of them told rightly, each by itself.
        balanced_accuracy: Mean over the classes that occur of the share told rightly.
        exact_accuracy: Share of the frames of which every class was told rightly; `None` where only one can be true.
        majority_accuracy: What always naming the class that is commonest here scores.
        log_loss: Mean of minus the logarithm of the probability given to the truth.
        confusion: Frames by true, then by predicted class; one such table by class where several can be true at once.
        per_class: How each class fared.
        honest_accuracy: What the honest folds of training promised; `None` where nothing could be held out.
        honest_balanced_accuracy: Likewise.
        seen_frames: Frames that were left out, as the model was trained on them.
        clips: Number of clips that are labelled as a whole.
        clip_accuracy: Share of them told rightly, each by the mean of the probabilities of its frames.
        timeline_accuracy: Share of the frames told rightly by smoothed timelines; `None` where not all have one.
        segment_f1: Of the segments of these timelines, by overlap in percent: "10", "25", "50"; see `segment_scores`.
        edit_score: Whether the classes follow each other in the right order there, 0 to 1.
        notes: What a reader of the scores should know.
        problems: Labels that were left out, and why; a line each.
    """

    task: str
    labels: str
    frames: int
    accuracy: float
    balanced_accuracy: float
    exact_accuracy: float | None
    majority_accuracy: float
    log_loss: float
    confusion: dict[str, Any]
    per_class: dict[str, ClassScores]
    honest_accuracy: float | None
    honest_balanced_accuracy: float | None
    seen_frames: int
    clips: int
    clip_accuracy: float | None
    timeline_accuracy: float | None
    segment_f1: dict[str, float] | None
    edit_score: float | None
    notes: tuple[str, ...]
    problems: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; scores that do not apply are not among them."""
        return {name: value for name, value in asdict(self).items() if value is not None or name.startswith("honest")}


def evaluate_task(
    layout: Layout,
    task: str,
    path: Path,
    *,
    rename: Mapping[str, str] | None = None,
    root: Path | None = None,
    columns: ColumnNames | None = None,
    fps: Fraction | None = None,
    on_progress: Progress = silent,
) -> Evaluation:
    """Scores a trained task on labels that are read for this alone: they do not become labels of the project.

    Args:
        path: A folder of class folders, or a table, as `labels import` takes them.
        rename: Classes of the model by the names they have in these labels.
        root: Where the paths in a table count from; the table's folder if not given.
        columns: Headers of a table that are not the usual ones.
        fps: Pictures a second, where a table labels intervals of a folder of pictures.

    Raises:
        ModelError: If the task has no model.
        LabelError: If there is nothing to score: no label that can be read, none of a class that the model knows, or
            none that it was not trained on.
    """
    model, _ = load_model(layout, task)
    asked = Asked.of(model)
    _check_names(rename or {}, asked.known)
    read = read_labels(path, root=root, names=rename, columns=columns, multi=asked.kind == "multi")
    with layout.labels() as store:
        found = resolve_labels(layout, store, read, task=task, kind=asked.kind, fps=fps)
        seen = SeenLabels.of(store, task, label_digest=model.label_digest, classes=asked.known)
    labels, unknown = _known(found, asked.known, path=path, task=task)
    spec = replace(IndexSpec.from_dict(model.index_spec), views=model.views)
    examples, unread = gather_judged(layout, labels, found.sources, asked=asked, spec=spec, on_progress=on_progress)
    judged = _unseen(examples, seen, path=path, task=task)
    answers = asked.answers(
        judged, labels,
        tables=[
            sequence_probabilities(layout, part, judged, found.sources, spec=spec, on_progress=on_progress)
            for part in asked.models
        ],
        clips=clip_numbers(judged, labels, found.sources, stretches=found.stretches > 0),
        smoothed=smoothed_labels(layout, task, judged, found.sources, spec=spec, on_progress=on_progress),
    )  # fmt: skip
    return _evaluation(
        answers, asked, scores_of_segments(judged, answers), labels=str(path), seen_frames=len(examples) - len(judged),
        notes=(*seen.notes, *seen.films(judged.source_ids, sources=found.sources)),
        problems=(*map(str, (*found.problems, *unknown)), *_with_lines(unread, labels, found.sources)),
    )  # fmt: skip


def _unseen(examples: Examples, seen: SeenLabels, *, path: Path, task: str) -> Examples:
    """The frames that the model was not trained on."""
    fresh = ~seen.frames(examples.source_ids, times_seconds=examples.times_seconds)
    if not fresh.any():
        raise LabelError(
            f"{path}: the model of task '{task}' was trained on all of the {len(examples)} frames that are labelled "
            f"there, so a score on them would say nothing: give labels of others"
        )
    return examples.take(np.flatnonzero(fresh))


def _check_names(rename: Mapping[str, str], classes: Sequence[str]) -> None:
    for old, new in rename.items():
        if new not in classes:
            raise LabelError(f"--rename {old}={new}: there is no class '{new}'; the model knows {', '.join(classes)}")


def _known(
    found: ResolvedLabels, classes: Sequence[str], *, path: Path, task: str
) -> tuple[tuple[Label, ...], list[Problem]]:
    """The labels of classes that the model knows, and a problem for each class that it does not."""
    unknown: dict[str, list[Label]] = {}
    for label in found.labels:
        if label.class_name not in classes:
            unknown.setdefault(label.class_name, []).append(label)
    known = tuple(label for label in found.labels if label.class_name in classes)
    knows = f"the model of task '{task}' knows {', '.join(classes)}"
    if not known and unknown:
        raise LabelError(f"{path} is about {', '.join(unknown)}, but {knows}: say which is which with "
                         f"{_renaming(unknown, classes)}")  # fmt: skip
    if not known:
        wrong = f": {len(found.problems)} are wrong, the first: {found.problems[0]}" if found.problems else ""
        raise LabelError(f"{path}: there is no label in it that can be used{wrong}")
    problems = []
    for name, its in unknown.items():
        count = f"{len(its)} label{'s' if len(its) > 1 else ''}"
        meant = f"if it is one of these, add {_renaming([name], classes)}"
        problems.append(Problem(its[0].where, f"'{name}' ({count}) is left out: {knows}; {meant}"))
    return known, problems


def _renaming(unknown: Sequence[str] | Mapping[str, Any], classes: Sequence[str]) -> str:
    """What `--rename` would say; the new name where only the case is another, else a place to put it."""
    same = {name.casefold(): name for name in classes}
    return "--rename " + ",".join(f"{name}={same.get(name.casefold(), 'CLASS')}" for name in unknown)


def _with_lines(unread: Sequence[str], labels: Sequence[Label], sources: Mapping[str, SourceRecord]) -> list[str]:
    """What could not be read, by the lines that label it: `labels.csv line 7: a.jpg: not a picture, or damaged`."""
    lines: dict[str, list[str]] = {}
    for label in labels:
        lines.setdefault(sources[label.source_id].path, []).append(label.where)
    told: list[str] = []
    for problem in unread:
        where = next((lines[path] for path in lines if problem.startswith(f"{path}:")), [])
        # A picture of a class folder is named by its own path already.
        told += [f"{line}: {problem}" for line in where if not problem.startswith(f"{line}:")] or [problem]
    return told


def _evaluation(
    answers: Sequence[Answers],
    asked: Asked,
    segments: Sequence[SegmentScores],
    *,
    labels: str,
    seen_frames: int,
    notes: tuple[str, ...],
    problems: tuple[str, ...],
) -> Evaluation:
    first, clips = answers[0], answers[0].clips
    confusion, per_class = _by_class(answers, asked.kind)
    absent = [name for name, scores in per_class.items() if not scores.frames]
    if absent:
        notes = (*notes, f"no frame here shows {', '.join(absent)}: how the model tells that is not known")
    right = np.all([each.predicted == each.targets for each in answers], axis=0)
    return Evaluation(
        task=asked.models[0].task,
        labels=labels,
        frames=len(first.targets),
        accuracy=float(np.mean([each.accuracy for each in answers])),
        balanced_accuracy=float(np.mean([each.balanced_accuracy for each in answers])),
        exact_accuracy=float(right.mean()) if asked.kind == "multi" else None,
        majority_accuracy=float(np.mean([each.majority_accuracy for each in answers])),
        log_loss=float(np.mean([each.log_loss for each in answers])),
        confusion=confusion,
        per_class=per_class,
        honest_accuracy=_mean([model.report.get("accuracy") for model in asked.models]),
        honest_balanced_accuracy=_mean([model.report.get("balanced_accuracy") for model in asked.models]),
        seen_frames=seen_frames,
        clips=len(np.unique(clips[clips >= 0])),
        clip_accuracy=_mean([each.clip_accuracy for each in answers]),
        timeline_accuracy=_mean([each.timeline_accuracy for each in answers]),
        segment_f1={
            str(percent): float(np.mean([each.f1[percent] for each in segments])) for percent in OVERLAPS_PERCENT
        }
        if segments
        else None,
        edit_score=_mean([each.edit for each in segments]),
        notes=notes,
        problems=problems,
    )


def _by_class(answers: Sequence[Answers], kind: TaskKind) -> tuple[dict[str, Any], dict[str, ClassScores]]:
    """The confusion, and how each class fared; for several questions a confusion for each class."""
    from reelsift.models.scoring import class_scores

    if kind == "single":
        return answers[0].confusion, class_scores(answers[0].confusion)
    confusion = {each.classes[1]: each.confusion for each in answers}
    return confusion, {name: class_scores(table)[name] for name, table in confusion.items()}


def _mean(scores: Sequence[float | None]) -> float | None:
    there = [score for score in scores if score is not None]
    return float(np.mean(there)) if there else None
