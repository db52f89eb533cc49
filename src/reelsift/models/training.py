"""Learning a model from labelled frames, and finding out honestly what it is worth."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import LabelError
from reelsift.held_out import HeldOut
from reelsift.models.bench import Bench, Fetch, prepare
from reelsift.models.candidates import Trial, try_blend, try_linear, try_mlp, try_regions
from reelsift.models.duplicates import conflicting_pairs
from reelsift.models.examples import Examples
from reelsift.models.heads import memory_parts
from reelsift.models.memory import MemoryHead
from reelsift.models.model import Model, MultiModel
from reelsift.models.report import (
    Conflict,
    Suspect,
    TrainReport,
    class_scores,
    confusion_counts,
    summary_of_questions,
)
from reelsift.models.sequence_bench import mostly_sequences, sequences_of, with_clips
from reelsift.models.sequence_candidates import try_with_memory
from reelsift.models.sequences import FetchSequences
from reelsift.multi_timeline import NONE
from reelsift.shot_borders import APPEARANCE, fit_change_share
from reelsift.smoothing import fit_switch_rate
from reelsift.specs import TrainSpec

__all__ = ["MultiTraining", "Training", "train", "train_multi"]

FloatArray = NDArray[np.float64]

FEW_LABELS = 5
GOOD_ENOUGH = 0.985  # balanced accuracy from which no slower head can win enough to be worth its time
FAR_AHEAD = 0.75  # of the linear head's log loss
WORTH_A_BLEND = 0.01  # of balanced accuracy
MOST_LISTED = 20
NOTHING_TO_REMEMBER = (
    "most labelled frames do not follow each other, so there is little to remember: label clips or intervals"
)


@dataclass(frozen=True)
class Training:
    """A model, and how well it does."""

    model: Model
    report: TrainReport

    @property
    def summary(self) -> dict[str, Any]:
        """The report in plain values, as `train --json` prints it."""
        return self.report.to_dict()

    @property
    def by_question(self) -> dict[str, dict[str, Any]]:
        """The report under the name of the task."""
        return {self.model.task: self.summary}


@dataclass(frozen=True)
class MultiTraining:
    """A model of a task whose classes can be true at once, and how well it does on each of them."""

    model: MultiModel
    reports: dict[str, TrainReport]

    @property
    def summary(self) -> dict[str, Any]:
        """One report of all classes in plain values, as `train --json` prints it."""
        return summary_of_questions(self.by_question)

    @property
    def by_question(self) -> dict[str, dict[str, Any]]:
        """The report of each class in plain values."""
        return {name: report.to_dict() for name, report in self.reports.items()}


def train(
    examples: Examples,
    *,
    spec: TrainSpec,
    task: str,
    index_spec: Mapping[str, Any] | None = None,
    label_digest: str = "",
    fetch: Fetch | None = None,
    fetch_sequences: FetchSequences | None = None,
) -> Training:
    """Tries heads on the views there are, and learns the one that is best in honest folds from all labels.

    Linear heads come first, on each view and on all together. Slower ones follow where they can still win.

    Args:
        examples: Labelled frames.
        spec: How to learn.
        task: Name of the task, for the model.
        index_spec: How the views were computed, for the model.
        label_digest: Digest of the labels, for the model.
        fetch: Gives views that `examples` does not hold, when a head asks for them; without it none does.
        fetch_sequences: Gives the samples around labelled frames, for heads with memory; without it none is tried.

    Raises:
        LabelError: If there are labels of fewer than two classes, or a class named in `spec` is unknown.
        ModelError: If a view holds values that are not finite.
    """
    started = time.perf_counter()
    labelled = examples.with_classes(spec.classes)
    if spec.background is not None:
        labelled.check_class(spec.background)
    bench = prepare(labelled, spec=spec, fetch=fetch, fetch_sequences=fetch_sequences)
    if spec.remembers:
        sequenced = sequences_of(bench, spec=spec)
        bench, left_out = sequenced.bench, [] if mostly_sequences(sequenced) else [NOTHING_TO_REMEMBER]
        tried = try_with_memory(sequenced, [spec.model], spec=spec)
    else:
        bench, in_sequences = with_clips(bench, spec=spec)
        tried, left_out = _try_all(bench, spec=spec, started=started, in_sequences=in_sequences)
    best = tried[0]
    model = replace(_model(labelled, bench, best, task), index_spec=dict(index_spec or {}), label_digest=label_digest)
    notes = (*_notes(labelled, bench=bench, spec=spec), *left_out)
    report = _report(labelled, bench, tried, notes, spec=spec, seconds=time.perf_counter() - started)
    report = replace(report, **_memory_facts(memory_parts(model.head)))
    return Training(model=replace(model, report=report.to_dict()), report=report)


def train_multi(
    examples: Examples,
    *,
    spec: TrainSpec,
    task: str,
    index_spec: Mapping[str, Any] | None = None,
    label_digest: str = "",
    fetch: Fetch | None = None,
    fetch_sequences: FetchSequences | None = None,
) -> MultiTraining:
    """Learns a yes-or-no model for each class of a task whose classes can be true at once; as `train`.

    Raises:
        LabelError: If a class is true of all frames or of none, or has a name that timelines could not tell apart.
    """
    names = examples.chosen_classes(spec.classes)
    for name in names:
        if "|" in name or name == NONE:
            raise LabelError(
                f"where several classes can be true at once, '{name}' cannot name one: timelines join names by '|' and "
                f"say '{NONE}' where no class is true; import it with --names '{name}'=ANOTHER"
            )
    trainings = {}
    for name in names:
        question = examples.question(name)
        own = replace(spec, classes=None, background=question.classes[0])
        training = train(
            question,
            spec=own,
            task=task,
            index_spec=index_spec,
            label_digest=label_digest,
            fetch=fetch,
            fetch_sequences=fetch_sequences,
        )
        report = replace(training.report, background=spec.background)  # its own is merely "not X"
        trainings[name] = Training(replace(training.model, report=report.to_dict()), report)
    model = MultiModel(tuple(training.model for training in trainings.values()))
    return MultiTraining(model, {name: training.report for name, training in trainings.items()})


def _try_all(bench: Bench, *, spec: TrainSpec, started: float, in_sequences: bool) -> tuple[list[Trial], list[str]]:
    """All candidates that the spec asks for, best first, and what was not tried, in words."""
    views = tuple(bench.spaces)
    if spec.model == "mlp":
        return [try_mlp(bench, views, spec=spec)], []
    if spec.model == "regions":
        return [try_regions(bench, spec=spec)], []
    tried = sorted((try_linear(bench, views) for views in _view_sets(views)), key=lambda trial: trial.rank)
    if spec.model == "linear":
        return tried, []
    linear = tried[0]
    reached = linear.candidate.balanced_accuracy
    if reached is None or reached >= GOOD_ENOUGH:
        good = "no memory was tried, as single frames are told well enough: --model lstm insists on one"
        return tried, [good] if in_sequences and reached is not None else []

    def over_budget() -> bool:
        return time.perf_counter() - started > spec.budget_seconds

    left_out: list[str] = []
    if in_sequences and not over_budget():
        tried += _try_memories(bench, linear, spec=spec, over_budget=over_budget)
    if bench.fetch is not None and not over_budget():
        regions = try_regions(bench, spec=spec)
        tried += [regions, try_blend(bench, (linear, regions))]
    # Dense layers see what the linear head sees: they do not catch up with a head that is far ahead of it.
    if min(trial.candidate.log_loss or 0.0 for trial in tried) < FAR_AHEAD * (linear.candidate.log_loss or 0.0):
        return sorted(tried, key=lambda trial: trial.rank), left_out
    if not over_budget():
        tried.append(try_mlp(bench, linear.candidate.views, spec=spec))
    else:
        left_out.append(f"the time for training, {spec.budget_seconds:g} s, was over before all heads were tried")
    return sorted(tried, key=lambda trial: trial.rank), left_out


def _try_memories(bench: Bench, linear: Trial, *, spec: TrainSpec, over_budget: Callable[[], bool]) -> list[Trial]:
    """Heads with memory, the quick one first, and the best of them together with the best linear one."""
    sequenced = sequences_of(bench, spec=spec)
    tried = try_with_memory(sequenced, ("statistics", "lstm", "gru", "tcn"), spec=spec, over_budget=over_budget)
    best = min(tried, key=lambda trial: trial.rank)
    blend = try_blend(sequenced.bench, (linear, best))
    # It has to earn the views that it wants beside those of the memory.
    return [*tried, blend] if blend.rank[0] < best.rank[0] - WORTH_A_BLEND else tried


def _view_sets(views: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Each view alone, and all together."""
    return [(name,) for name in views] + ([views] if len(views) > 1 else [])


def _model(labelled: Examples, bench: Bench, best: Trial, task: str) -> Model:
    priors = labelled.counts / len(labelled)
    scored = bench.folds.scored
    head = best.learn()
    sees_cuts = bool(memory_parts(head)) and APPEARANCE in labelled.views
    return Model(
        task=task,
        classes=labelled.classes,
        head=head,
        calibration=bench.calibration(best.logits),
        priors=priors,
        switch_rate_per_second=fit_switch_rate(
            labelled.targets,
            times_seconds=labelled.times_seconds if labelled.moments_seconds is None else labelled.moments_seconds,
            source_ids=labelled.source_ids if labelled.sequences is None else labelled.sequences,
            priors=priors,
        ),
        held_out=HeldOut(
            probabilities=best.probabilities,
            targets=bench.examples.targets[scored],
            weights=bench.weights[scored],
            groups=bench.grouping.ids[scored],
        ),
        change_share=fit_change_share(
            labelled.views[APPEARANCE],
            targets=labelled.targets,
            times_seconds=labelled.times_seconds,
            source_ids=labelled.source_ids,
        )
        if sees_cuts
        else 0.0,
    )


def _report(
    labelled: Examples, bench: Bench, tried: list[Trial], notes: tuple[str, ...], *, spec: TrainSpec, seconds: float
) -> TrainReport:
    best, scored, counts = tried[0], bench.folds.scored, labelled.counts
    confusion = confusion_counts(
        best.probabilities.argmax(axis=1), targets=bench.examples.targets[scored], classes=labelled.classes
    )
    return TrainReport(
        model=best.candidate.model,
        views=best.candidate.views,
        background=spec.background,
        classes=dict(zip(labelled.classes, counts.tolist(), strict=True)),
        frames=len(labelled),
        learned_frames=len(bench.examples),
        balanced_accuracy=best.candidate.balanced_accuracy,
        accuracy=best.candidate.accuracy,
        leaky_accuracy=best.candidate.leaky_accuracy,
        majority_accuracy=float(counts.max() / counts.sum()),
        candidates=tuple(trial.candidate for trial in tried),
        seconds=seconds,
        folds=bench.folds.kind,
        notes=notes,
        confusion=confusion,
        class_scores=class_scores(confusion),
        chosen=_reason(tried),
        conflicts=_conflicts(bench),
        suspects=_suspects(bench, best),
        clip_accuracy=best.candidate.clip_accuracy,
    )


def _memory_facts(parts: tuple[MemoryHead, ...]) -> dict[str, Any]:
    """How far the memory of a head reaches, for its report."""
    window = max((part.window for part in parts), default=None)
    step = next((part.step_seconds for part in parts), None)
    return {"window": window, "window_seconds": None if window is None or step is None else window * step}


def _reason(tried: list[Trial]) -> str:
    best = tried[0].candidate
    if best.balanced_accuracy is None:
        return "nothing could be held out, so the first candidate was taken"
    if len(tried) == 1:
        return "the only candidate"
    second = tried[1].candidate
    if best.joined_accuracy is not None or second.joined_accuracy is not None:
        return (
            "the best balanced accuracy in honest folds; of a memory, the mean of that on sequences as they were cut "
            "and on the same joined to a recording"
        )
    gap = (best.balanced_accuracy - (second.balanced_accuracy or 0.0)) * 100
    if gap > 0:
        return f"the best balanced accuracy in honest folds, {gap:.1f} points before the next"
    return "of those with the best balanced accuracy in honest folds, the one with the least log loss"


def _conflicts(bench: Bench) -> tuple[Conflict, ...]:
    examples = bench.examples
    pairs = conflicting_pairs(bench.coordinates(tuple(bench.spaces)), targets=examples.targets,
                              source_ids=examples.source_ids)  # fmt: skip
    return tuple(
        Conflict(
            (str(examples.source_ids[one]), str(examples.source_ids[other])),
            (float(examples.times_seconds[one]), float(examples.times_seconds[other])),
            (examples.classes[examples.targets[one]], examples.classes[examples.targets[other]]),
        )
        for one, other in pairs[:MOST_LISTED]
    )


def _suspects(bench: Bench, best: Trial) -> tuple[Suspect, ...]:
    """Frames that models from elsewhere take for another class with more than that class's usual confidence.

    Confident learning (Northcutt, Jiang and Chuang 2021): the usual confidence of a class is the mean of what its own
    frames are given for it.
    """
    rows = np.flatnonzero(bench.folds.scored)
    examples, chances = bench.examples, best.probabilities
    targets, named = examples.targets[rows], chances.argmax(axis=1)
    if not len(rows):
        return ()
    own = chances[np.arange(len(rows)), targets]
    usual = np.array([own[targets == c].mean() if (targets == c).any() else 1.0 for c in range(bench.class_count)])
    top = chances.max(axis=1)
    doubtful = np.flatnonzero((named != targets) & (top >= usual[named]))
    doubtful = doubtful[np.argsort((own - top)[doubtful], kind="stable")][:MOST_LISTED]
    return tuple(
        Suspect(
            str(examples.source_ids[rows[place]]),
            float(examples.times_seconds[rows[place]]),
            label=examples.classes[targets[place]],
            predicted=examples.classes[named[place]],
            probability=float(top[place]),
            label_probability=float(own[place]),
        )
        for place in doubtful.tolist()
    )


def _notes(labelled: Examples, *, bench: Bench, spec: TrainSpec) -> tuple[str, ...]:
    notes = list(bench.folds.notes)
    if spec.split == "random":
        notes.append("the folds are random: neighbouring frames leak between them, so expect less on new material")
    if not bench.folds.scored.any():
        notes.append("nothing could be held out, so the model has no scores: label more frames, in more places")
    for name, count in zip(labelled.classes, labelled.counts.tolist(), strict=True):
        if count < FEW_LABELS:
            notes.append(
                f"'{name}' has {count} labelled frame{'s' if count > 1 else ''}: label more, and the scores mean more"
            )
    if len(bench.examples) < len(labelled):
        notes.append(f"learned from {len(bench.examples)} of {len(labelled)} labelled frames, spread evenly over time")
    return tuple(notes)
