"""Sequences: labelled frames among all samples of their sources, for models with memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import LabelError
from reelsift.features.store import IndexedSource
from reelsift.labels import SourceRecord
from reelsift.project.gathering import Wanted, loose_rows
from reelsift.project.indexing import Progress, for_source, indexed_views
from reelsift.project.layout import Layout
from reelsift.project.seen import rows_by_source
from reelsift.specs import IndexSpec, Sampling
from reelsift.timeline import nearest_samples

if TYPE_CHECKING:
    from reelsift.models import Examples, Model
    from reelsift.models.sequences import FetchSequences, Sequences

__all__ = ["sequence_fetcher", "sequence_probabilities"]

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Piece:
    """The samples of one source that a model may look at.

    Attributes:
        views: For each view `(T, D)`.
        labelled: (n,) the sample of each labelled frame.
    """

    views: dict[str, NDArray[Any]]
    times_seconds: NDArray[np.float64]
    labelled: Rows


def sequence_fetcher(
    layout: Layout,
    sources: dict[str, SourceRecord],
    *,
    spec: IndexSpec,
    window: int,
    on_progress: Progress,
) -> FetchSequences:
    """What gives training the samples around labelled frames, computed where they are missing.

    Of a film of which little is labelled no more is taken than a window of `window` samples around each labelled frame
    reaches: memory grows with the labels, not with the films.
    """

    def fetch(views: tuple[str, ...], source_ids: NDArray[Any], times_seconds: NDArray[np.float64]) -> Sequences:
        from reelsift.models.sequences import Sequences

        own = replace(spec, views=views)
        by_source = rows_by_source(source_ids)
        alone = [source_id for source_id in by_source if _is_picture(sources[source_id])]
        pictures = _pictures(layout, sources, own, alone, on_progress)
        rows = np.zeros(len(source_ids), np.int64)
        pieces: list[_Piece] = []
        start = 0
        for source_id, labelled in by_source.items():
            if source_id in pictures:
                piece = pictures[source_id]
            else:
                source = layout.open(sources[source_id])
                its_spec = for_source(own, source)
                index = indexed_views(layout, source, spec=its_spec, views=views, on_progress=on_progress)
                sampling = its_spec.frames.sampling
                piece = _around(index, times_seconds[labelled], sampling=sampling, window=window)
            rows[labelled] = start + piece.labelled
            pieces.append(piece)
            start += len(piece.times_seconds)
        lengths = [len(piece.times_seconds) for piece in pieces]
        return Sequences(
            views={view: np.concatenate([piece.views[view] for piece in pieces]) for view in views},
            times_seconds=np.concatenate([piece.times_seconds for piece in pieces]),
            starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            rows=rows,
        )

    return fetch


def sequence_probabilities(
    layout: Layout,
    model: Model,
    judged: Examples,
    sources: dict[str, SourceRecord],
    *,
    spec: IndexSpec,
    on_progress: Progress,
) -> NDArray[np.float64]:
    """(N, C) what a model says of labelled frames; one with memory sees the whole of their films."""
    if not model.remembers:
        return model.probabilities(judged.views)
    table = np.zeros((len(judged), len(model.classes)))
    for source_id, rows in rows_by_source(judged.source_ids).items():
        record = sources[source_id]
        if _is_picture(record):
            table[rows] = model.probabilities({name: values[rows] for name, values in judged.views.items()})
            continue
        source = layout.open(record)
        index = indexed_views(layout, source, spec=for_source(spec, source), views=model.views, on_progress=on_progress)
        nearest = nearest_samples(index.times_seconds, judged.times_seconds[rows])
        table[rows] = model.probabilities(index.views, times_seconds=index.times_seconds)[nearest]
    return table


def _is_picture(record: SourceRecord) -> bool:
    return record.kind == "picture"


def _pictures(
    layout: Layout,
    sources: dict[str, SourceRecord],
    spec: IndexSpec,
    source_ids: list[str],
    on_progress: Progress,
) -> dict[str, _Piece]:
    """Pictures that are sources of their own: each a sequence of one."""
    wanted = [Wanted(source_id, 0.0) for source_id in source_ids]
    found, problems = loose_rows(layout, wanted, sources, spec, on_progress)
    if any(row is None for row in found):
        raise LabelError(f"labelled pictures cannot be read: {'; '.join(problems[:3])}")
    return {
        source_id: _Piece({view: row[view][None] for view in spec.views}, np.zeros(1), np.zeros(1, np.int64))
        for source_id, row in zip(source_ids, found, strict=True)
        if row is not None
    }


def _around(index: IndexedSource, labelled_seconds: NDArray[np.float64], *, sampling: Sampling, window: int) -> _Piece:
    """The samples within a window of labelled frames, as dense as `sampling` asks, of an index that may be denser."""
    kept = _thinned(index.times_seconds, sampling)
    labelled = nearest_samples(index.times_seconds[kept], labelled_seconds)
    near = np.zeros(len(kept) + 1, np.int64)
    np.add.at(near, np.maximum(labelled - window, 0), 1)
    np.add.at(near, np.minimum(labelled + window + 1, len(kept)), -1)
    wanted = np.cumsum(near[:-1]) > 0
    rows = kept[wanted]
    return _Piece(
        {view: np.asarray(values[rows]) for view, values in index.views.items()},
        index.times_seconds[rows],
        (np.cumsum(wanted) - 1)[labelled],
    )


def _thinned(times_seconds: NDArray[np.float64], sampling: Sampling) -> Rows:
    """The samples that `sampling` asks for, of an index that has these or more."""
    everything = np.arange(len(times_seconds))
    if sampling.fps is None or len(everything) < 2:
        return everything
    step = float(1 / sampling.fps)
    usual = float(np.median(np.diff(np.maximum.accumulate(times_seconds))))
    if usual > 0.75 * step:
        return everything
    wanted = np.arange(times_seconds.min(), times_seconds.max() + 1e-6, step)
    return np.unique(nearest_samples(times_seconds, wanted))
