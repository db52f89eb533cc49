"""The Python API: one object for a folder of labels, models, indexes and timelines.

Long because it has a method for each command; what they do is in the modules they call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reelsift.errors import MediaError
from reelsift.labels import ColumnNames, Label, TaskKind
from reelsift.media.sources import FilmSource
from reelsift.project.evaluating import Evaluation, evaluate_task
from reelsift.project.exporting import FramesResult, export_frames
from reelsift.project.housekeeping import GarbageResult, ProjectStatus, collect_garbage, project_status
from reelsift.project.importing import ImportResult, import_labels
from reelsift.project.indexing import IndexResult, Progress, index_sources, silent
from reelsift.project.layout import Layout
from reelsift.project.learning import train_task
from reelsift.project.predicting import Decision, predict_source
from reelsift.project.refining import refine
from reelsift.specs import (
    AnnotateSpec,
    CutSpec,
    FrameSpec,
    IndexSpec,
    PictureSpec,
    RateSpec,
    SelectSpec,
    SplitSpec,
    TrainSpec,
)
from reelsift.timeline import Timeline

if TYPE_CHECKING:
    from reelsift.actions.annotate import AnnotateResult
    from reelsift.actions.cut import CutResult
    from reelsift.media.encode import VideoSettings
    from reelsift.models import MultiTraining, Training
    from reelsift.multi_timeline import MultiTimeline
    from reelsift.project.rating import Ratings
    from reelsift.project.screentime import ScreenTimes
    from reelsift.project.selecting import Selection
    from reelsift.project.selecting_outputs import SelectionFiles
    from reelsift.project.splitting import SplitResult

__all__ = ["Project"]

PathLike = str | Path


class Project:
    """A folder with the labels, models, indexes and timelines of somebody's films.

    A method for each command, so there are more than a dozen. Nothing must be run first: training indexes what the
    labelled films lack, predicting indexes the film, cutting predicts. Whatever was computed once is kept and used
    again as long as it fits.

    Args:
        folder: The project's folder; made when something is first kept in it.
        on_progress: Called with what is being done, how far it is and of how much (0 while unknown).
    """

    def __init__(self, folder: PathLike = ".reelsift", *, on_progress: Progress = silent) -> None:
        self.layout = Layout(Path(folder))
        self._on_progress = on_progress

    def index(
        self,
        sources: PathLike | Iterable[PathLike],
        *,
        spec: IndexSpec | None = None,
        runner: Literal["serial", "processes"] = "serial",
        jobs: int = 1,
        fps: Fraction | None = None,
        overwrite: bool = False,
    ) -> list[IndexResult]:
        """Stores the views of films and folders of pictures; a source that fails does not stop the others.

        Args:
            sources: Films, folders of films, folders of pictures.
            spec: Which frames, which part of them, which views.
            runner: `processes` works on `jobs` parts of films at once.
            jobs: How many.
            fps: Pictures a second, for folders of pictures.
            overwrite: Whether what is stored is computed again.
        """
        return index_sources(
            self.layout,
            self.layout.sources(_listed(sources), fps=fps),
            spec=spec or IndexSpec(),
            runner=runner,
            jobs=jobs,
            overwrite=overwrite,
            on_progress=self._on_progress,
        )

    def frames(
        self,
        source: PathLike,
        output: PathLike,
        *,
        frames: FrameSpec | None = None,
        pictures: PictureSpec | None = None,
        overwrite: bool = False,
    ) -> FramesResult:
        """Writes frames of a film as pictures, to be sorted into classes by hand."""
        film = self.layout.one_source(source)
        if not isinstance(film, FilmSource):
            raise MediaError(f"{source}: a folder of pictures has its frames already")
        return export_frames(
            self.layout,
            film,
            Path(output),
            frames=frames or FrameSpec(),
            pictures=pictures or PictureSpec(),
            overwrite=overwrite,
            on_progress=self._on_progress,
        )

    def split(
        self, source: PathLike, output: PathLike, *, spec: SplitSpec | None = None, overwrite: bool = False
    ) -> SplitResult:
        """Writes a film as equal clips, to be sorted by hand; goes on where an earlier run was stopped.

        Raises:
            OutputExistsError: If the folder holds clips of this film and `overwrite` is not set.
        """
        from reelsift.project.splitting import split_source

        film = self.layout.one_source(source)
        if not isinstance(film, FilmSource):
            raise MediaError(f"{source}: not a film; only films are split")
        return split_source(
            self.layout, film, Path(output), spec=spec or SplitSpec(), overwrite=overwrite,
            on_progress=self._on_progress,
        )  # fmt: skip

    def import_labels(
        self,
        path: PathLike,
        *,
        task: str,
        kind: TaskKind = "single",
        root: PathLike | None = None,
        names: Mapping[str, str] | None = None,
        columns: ColumnNames | None = None,
        fps: Fraction | None = None,
    ) -> ImportResult:
        """Imports labels from folders of classes or a table; what is wrong is named, what is good is kept."""
        root = Path(root) if root is not None else None
        return import_labels(
            self.layout, Path(path), task=task, kind=kind, root=root, names=names, columns=columns, fps=fps
        )

    def labels(self, task: str) -> tuple[Label, ...]:
        """The labels of a task."""
        with self.layout.labels(make=False) as store:
            return store.labels(task)

    def undo_labels(self, task: str) -> str:
        """Undoes the last import or clearing of a task's labels; gives what it was, in words."""
        with self.layout.labels(make=False) as store:
            return store.undo(task)

    def clear_labels(self, task: str) -> int:
        """Removes all labels of a task, which can be undone; gives how many there were."""
        with self.layout.labels(make=False) as store:
            return store.clear(task)

    def train(
        self, task: str, *, spec: TrainSpec | None = None, index: IndexSpec | None = None
    ) -> Training | MultiTraining:
        """Learns a model from the labels of a task, and finds out what it is worth.

        Args:
            index: How to look at films; by default as most of the labelled ones were indexed.

        Returns:
            The model and its report, whose notes name labelled sources that could not be read. Where several classes
            can be true at once, a report for each class.

        Raises:
            LabelError: If there are too few labels, or labelled sources cannot be read.
        """
        from reelsift.models import Training

        done = train_task(self.layout, task, spec=spec or TrainSpec(), index_spec=index, on_progress=self._on_progress)
        training, left_out = done.training, tuple(f"left out: {problem}" for problem in done.problems)
        if isinstance(training, Training):
            return replace(training, report=replace(training.report, notes=(*training.report.notes, *left_out)))
        reports = {name: replace(own, notes=(*own.notes, *left_out)) for name, own in training.reports.items()}
        return replace(training, reports=reports)

    def evaluate(
        self,
        task: str,
        labels: PathLike,
        *,
        rename: Mapping[str, str] | None = None,
        root: PathLike | None = None,
        columns: ColumnNames | None = None,
        fps: Fraction | None = None,
    ) -> Evaluation:
        """Scores a trained task on labels it has not seen, which are read for this alone and not kept.

        Args:
            labels: A folder of class folders, or a table, as `import_labels` takes them.
            rename: Classes of the model by the names they have in these labels.

        Raises:
            LabelError: If there is nothing to score, or the model was trained on all of it.
        """
        root = Path(root) if root is not None else None
        return evaluate_task(
            self.layout, task, Path(labels), rename=rename, root=root, columns=columns, fps=fps,
            on_progress=self._on_progress,
        )  # fmt: skip

    def predict(
        self,
        task: str,
        source: PathLike,
        *,
        thresholds: Mapping[str, float] | None = None,
        min_seconds: float = 0.0,
        exact: bool = False,
        fps: Fraction | None = None,
    ) -> Timeline | MultiTimeline:
        """The timeline of a film or a folder of pictures: probabilities of its samples, and their smoothed labels.

        With `exact` the frames between two samples that disagree are looked at, too, and are samples of it.

        A table that lists pictures is a source as well; unless `fps` says that they follow each other, each of them is
        decided by itself.
        """
        decision = Decision(thresholds=dict(thresholds or {}), min_seconds=min_seconds)
        found = self.layout.one_source(source, fps=fps)
        timeline = predict_source(self.layout, task, found, decision=decision, on_progress=self._on_progress)
        if not exact:
            return timeline
        return refine(self.layout, timeline, found, decision=decision, on_progress=self._on_progress)

    def cut(
        self,
        source: PathLike,
        output: PathLike,
        *,
        task: str,
        spec: CutSpec,
        append: PathLike | None = None,
        overwrite: bool = False,
        fps: Fraction | None = None,
    ) -> CutResult:
        """Writes the frames of the kept classes, from the original at full size, exact to the frame.

        Raises:
            OutputExistsError: If the output exists and `overwrite` is not set.
        """
        from reelsift.actions.cut import CutTarget
        from reelsift.project.cutting import cut_source

        target = CutTarget(Path(output), append=Path(append) if append else None, overwrite=overwrite)
        found = self.layout.one_source(source, fps=fps)
        return cut_source(self.layout, task, found, spec=spec, target=target, on_progress=self._on_progress)

    def annotate(
        self,
        source: PathLike,
        output: PathLike,
        *,
        spec: AnnotateSpec,
        settings: VideoSettings | None = None,
        overwrite: bool = False,
        fps: Fraction | None = None,
    ) -> AnnotateResult:
        """Writes the film with what tasks say of it drawn over it: probabilities, and a band of the whole timeline.

        Args:
            spec: Which tasks, and how they decide.
            settings: How it is encoded.

        Raises:
            OutputExistsError: If the output exists and `overwrite` is not set.
        """
        from reelsift.actions.annotate import USUAL
        from reelsift.project.annotating import annotate_source

        return annotate_source(
            self.layout, self.layout.one_source(source, fps=fps), spec, output=Path(output),
            settings=settings or USUAL, overwrite=overwrite, on_progress=self._on_progress,
        )  # fmt: skip

    def screentime(
        self,
        task: str,
        sources: PathLike | Iterable[PathLike],
        *,
        csv: PathLike | None = None,
        plot: PathLike | None = None,
        overwrite: bool = False,
        fps: Fraction | None = None,
    ) -> ScreenTimes:
        """For how many seconds films show each class, with intervals from the model's own errors.

        Corrected for each film's mix of classes by expectation maximisation (Saerens, Latinne and Decaestecker 2002) on
        calibrated probabilities; the intervals are of 90 % (see `reelsift.actions.quantify`).

        Args:
            sources: Films, folders of films, folders of pictures.
            csv: Where a row for each film and class is written.
            plot: Where a picture is drawn: a PNG, PDF or SVG by its name.

        Raises:
            OutputExistsError: If an output exists and `overwrite` is not set.
            SpecError: If the plot is of no known format.
        """
        from reelsift.project.screentime import measure_sources

        return measure_sources(
            self.layout,
            task,
            self.layout.sources(_listed(sources), fps=fps),
            table=Path(csv) if csv is not None else None,
            plot=Path(plot) if plot is not None else None,
            overwrite=overwrite,
            on_progress=self._on_progress,
        )

    def rate(
        self,
        sources: PathLike | Iterable[PathLike],
        *,
        spec: RateSpec | None = None,
        csv: PathLike | None = None,
        html: PathLike | None = None,
        overwrite: bool = False,
        fps: Fraction | None = None,
    ) -> Ratings:
        """Says of each clip what share of it is well exposed, sharp and steady, and which cannot be used.

        The built-in tasks need no labels. Clips are looked at in short bursts; one that cannot be read does not stop
        the others.

        Args:
            sources: Clips, folders of clips or of pictures.
            spec: By which tasks, and when a clip is rejected.
            csv: Where a row for each clip is written.
            html: Where a report is written, one page.

        Raises:
            OutputExistsError: If an output exists and `overwrite` is not set.
            SpecError: If the condition for rejecting cannot be understood.
        """
        from reelsift.project.rating import rate_sources
        from reelsift.project.rating_outputs import check_outputs, in_order, write_outputs

        table, page = Path(csv) if csv is not None else None, Path(html) if html is not None else None
        found = in_order(self.layout.sources(_listed(sources), fps=fps), into=None)
        check_outputs(found, html=page, table=table, overwrite=overwrite)
        ratings = rate_sources(self.layout, found, spec=spec or RateSpec(), on_progress=self._on_progress)
        write_outputs(self.layout, ratings, html=page, table=table, overwrite=overwrite)
        return ratings

    def select(
        self,
        sources: PathLike | Iterable[PathLike],
        output: PathLike,
        *,
        spec: SelectSpec,
        frames: FrameSpec | None = None,
        pictures: PictureSpec | None = None,
        existing: PathLike | Iterable[PathLike] = (),
        compare: bool = False,
        overwrite: bool = False,
    ) -> tuple[Selection, SelectionFiles]:
        """Writes the frames of films that are most different from each other, full size.

        Args:
            sources: Films, folders of films or of pictures.
            output: The folder for the pictures, a table of them, a contact sheet and a map.
            spec: How many, and by which method.
            frames: Which frames are looked at; 5 a second if not given.
            pictures: How they are written; PNG if not given.
            existing: Pictures that are there already: what is chosen differs from them, too.
            compare: Whether distances among all frames, and what these would take as pictures, are told as well.

        Raises:
            OutputExistsError: If there is something in the folder and `overwrite` is not set.
            MediaError: If there is nothing to choose from.
        """
        from reelsift.project.pool import gather_pool
        from reelsift.project.selecting import select_frames
        from reelsift.project.selecting_outputs import check_output, write_files

        check_output(Path(output), overwrite=overwrite)
        looked_at, report = frames or FrameSpec(), self._on_progress
        found = self.layout.sources(_listed(sources))
        pool = gather_pool(
            self.layout, found, sampling=looked_at.sampling, crop=looked_at.crop, reject=spec.reject, on_progress=report
        )
        known = self.layout.sources(_listed(existing)) if existing else ()
        selection = select_frames(self.layout, pool, spec=spec, existing=known, compare=compare, on_progress=report)
        files = write_files(
            selection, Path(output), pictures=pictures or PictureSpec("png"), compare=compare, overwrite=overwrite,
            on_progress=report,
        )  # fmt: skip
        return selection, files

    def status(self) -> ProjectStatus:
        """What is in the project, and what of it is stale."""
        return project_status(self.layout)

    def collect_garbage(self, *, dry_run: bool = False) -> GarbageResult:
        """Removes what nothing refers to."""
        return collect_garbage(self.layout, dry_run=dry_run)


def _listed(sources: PathLike | Iterable[PathLike]) -> Sequence[PathLike]:
    return [sources] if isinstance(sources, str | Path) else list(sources)
