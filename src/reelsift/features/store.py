"""Where features are kept: Parquet shards under names that say what they were computed from.

    <index>/<source id>/<view key>/<view>/part-00000.parquet    rows of one part of the source
    <index>/<source id>/<view key>/raw/part-00000.parquet       of a view that is derived, what that is done from
    <index>/<source id>/<view key>/index.json                   there once all parts are: what is known of the whole
    <index>/loose/<view key>/<view>/part-<digest>.parquet       rows of single frames and pictures, of any source

A shard that exists is done: it is written beside and renamed. So the shards are also the record from which a run that
was killed goes on. The rows of a derived view are made of all its parts when it is declared complete, into one shard.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import IndexIncompleteError, MediaError
from reelsift.features.neighbours import derive_in_runs
from reelsift.features.stored import StoredBytes, StoredTable
from reelsift.features.tables import (
    COMPUTE_AGAIN,
    VALUES,
    is_bytes,
    read_facts,
    read_rows,
    read_runs,
    row_count,
    write_json,
    write_table,
    writing_table,
)
from reelsift.features.views import VIEWS, view_key, view_named
from reelsift.media.parts import Part
from reelsift.specs import FrameSpec, IndexSpec

__all__ = ["FeatureStore", "IndexRecord", "IndexedSource", "PartFacts", "SourceFacts"]

_FORMAT = 1
_RAW = "raw"
_FRAMES = ("frame_index", "time_seconds")


@dataclass(frozen=True)
class PartFacts:
    """What reading one part told; times in seconds, `None` where it had no frame."""

    first_index: int
    decoded_frames: int
    undecodable: int
    damage: str
    start_seconds: float | None
    end_seconds: float | None


@dataclass(frozen=True)
class SourceFacts:
    """What is known of a source once it was read as a whole.

    Attributes:
        frame_count: Frames that could be decoded.
        undecodable: Frames that could not.
        damage: What was wrong, in words; empty if nothing was.
        start_seconds: Time stamp of the first frame.
        end_seconds: Where the last frame ends.
    """

    frame_count: int
    undecodable: int
    damage: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class IndexRecord:
    """One complete view of one source in the store."""

    source_id: str
    view: str
    spec: IndexSpec
    facts: SourceFacts
    samples: int
    folder: Path


@dataclass(frozen=True, eq=False)
class IndexedSource:
    """Stored rows of one source.

    Attributes:
        frame_indexes: `(T,)` int64.
        times_seconds: `(T,)` float64.
        views: For each view `(T, D)`, perhaps read when asked for, or a sequence of T byte strings that always is.
    """

    facts: SourceFacts
    frame_indexes: NDArray[np.int64]
    times_seconds: NDArray[np.float64]
    views: dict[str, Any]


class FeatureStore:
    """The stored features below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def view_folder(self, source_id: str, view: str, spec: IndexSpec, *, plan: str) -> Path:
        """The folder of the rows of a view; its parent holds `index.json`."""
        return self.folder / folder_name(source_id) / view_key(view, spec, plan=plan) / view

    def shard_folder(self, source_id: str, view: str, spec: IndexSpec, *, plan: str) -> Path:
        """Where what the extractor of a view gives is kept, a shard for each part of the source."""
        folder = self.view_folder(source_id, view, spec, plan=plan)
        return folder.parent / _RAW if view_named(view).derive else folder

    def missing(self, source_id: str, views: Sequence[str], spec: IndexSpec, *, plan: str) -> tuple[str, ...]:
        """Those of `views` that are not complete: never declared so, or shards were lost or damaged since."""
        folders = {view: self.view_folder(source_id, view, spec, plan=plan) for view in views}
        return tuple(view for view, folder in folders.items() if not _is_complete(folder))

    def settle(
        self,
        source_id: str,
        view: str,
        spec: IndexSpec,
        *,
        plan: str,
        parts: Sequence[Part],
        damage: str = "",
        apart: bool = False,
    ) -> IndexRecord:
        """Declares a view complete, all its shards being there.

        Frame indexes of later parts are put right where damaged frames made earlier parts shorter than planned, and a
        frame on the border of two parts that both chose it is kept once.

        Args:
            damage: What is wrong with the source as a whole.
            apart: Its frames have nothing to do with each other.

        Raises:
            MediaError: If there is not a single frame in it; its shards are removed.
            IndexIncompleteError: If a shard is damaged.
        """
        folder = self.view_folder(source_id, view, spec, plan=plan)
        shards = [self.shard_folder(source_id, view, spec, plan=plan) / shard_name(part) for part in parts]
        facts = [PartFacts(**read_facts(shard)) for shard in shards]
        samples = _put_right(shards, facts)
        whole = _whole(facts, damage) if samples else None
        if whole is None:
            self.remove(source_id, view, spec, plan=plan)  # what could not be read may be mended, and is tried again
            reason = damage or next((part.damage for part in facts if part.damage), "")
            raise MediaError("no frame could be decoded" + (f" ({reason})" if reason else ""))
        if view_named(view).derive:
            _write_derived(view, shards, folder / "part-00000.parquet", apart=apart)
        identity = {
            "format": _FORMAT,
            "source_id": source_id,
            "view": view,
            "version": VIEWS[view].version,
            "plan": plan,
        }
        write_json(folder.parent / "index.json", {**identity, **spec.to_dict(), **asdict(whole), "samples": samples})
        return IndexRecord(source_id, view, spec, whole, samples, folder)

    def records(self, source_id: str | None = None) -> Iterator[IndexRecord]:
        """All complete views that this version of reelsift can use, of one source or of all."""
        pattern = f"{folder_name(source_id)}/*/index.json" if source_id else "*/*/index.json"
        for path in sorted(self.folder.glob(pattern)):
            record = _record(path)
            if record is not None and (source_id is None or record.source_id == source_id):
                yield record

    def read(self, records: Sequence[IndexRecord], *, lazy: bool = False) -> IndexedSource:
        """The rows of several views of one source, at the same frames.

        Args:
            lazy: Numbers stay on disk, too, until slices of rows are asked for: memory then does not grow with the
                source.

        Raises:
            IndexIncompleteError: If shards are missing or damaged.
        """
        views: dict[str, Any] = {}
        frames: dict[str, Any] = {}
        for record in records:
            shards = sorted(record.folder.glob("part-*.parquet"))
            as_bytes = bool(shards) and is_bytes(shards[0], column=VALUES)
            on_disk = lazy or as_bytes
            rows = read_rows(shards, columns=_FRAMES if on_disk else [*_FRAMES, VALUES]) if shards else {}
            if not rows or len(rows["frame_index"]) != record.samples:
                raise IndexIncompleteError(f"{record.folder}: shards are missing; {COMPUTE_AGAIN}")
            stored: type[StoredBytes] | type[StoredTable] = StoredBytes if as_bytes else StoredTable
            views[record.view], frames = stored(shards, column=VALUES) if on_disk else rows[VALUES], rows
        return IndexedSource(records[0].facts, frames["frame_index"], frames["time_seconds"], views)

    def read_loose(self, view: str, spec: IndexSpec) -> tuple[dict[tuple[str, int], int], Any]:
        """Rows of single frames: where to find each by (source id, time in microseconds), and the rows.

        Shards that are damaged are passed over: what was in them counts as never computed.

        Returns:
            A mapping to row numbers, and `(N, D)` (or a list of bytes).
        """
        shards = sorted(self._loose_folder(view, spec).glob("part-*.parquet"))
        rows = read_rows(shards, columns=["source_id", "time_seconds", VALUES], skip_damaged=True)
        if not rows:
            return {}, None
        times = np.round(rows["time_seconds"] * 1e6).astype(np.int64).tolist()
        return {key: row for row, key in enumerate(zip(rows["source_id"].tolist(), times, strict=True))}, rows[VALUES]

    def add_loose(self, view: str, spec: IndexSpec, *, name: str, columns: dict[str, Any]) -> None:
        """Keeps rows of single frames; `columns` as `write_table` takes them, `source_id` among them."""
        write_table(self._loose_folder(view, spec) / f"part-{name}.parquet", columns, facts={"format": _FORMAT})

    def remove(self, source_id: str, view: str, spec: IndexSpec, *, plan: str) -> None:
        """Deletes what is stored of a view of a source, complete or not, readable or not."""
        folder = self.view_folder(source_id, view, spec, plan=plan).parent
        # First, so that shards half deleted are never taken for all there are.
        (folder / "index.json").unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)

    def _loose_folder(self, view: str, spec: IndexSpec) -> Path:
        # Which frames were sampled does not matter to a single frame: it was asked for.
        single = IndexSpec(FrameSpec(crop=spec.frames.crop), spec.views, spec.backbone, spec.input_size)
        return self.folder / "loose" / view_key(view, single, plan="loose") / view


def folder_name(source_id: str) -> str:
    """The folder of a source; names of pictures that are sources of their own hold a slash."""
    return source_id[:16] if "/" not in source_id else hashlib.sha256(source_id.encode()).hexdigest()[:16]


def shard_name(part: Part) -> str:
    return f"part-{part.number:05d}.parquet"


def _put_right(shards: Sequence[Path], facts: Sequence[PartFacts]) -> int:
    """Rewrites shards whose frames are counted from a wrong start, or begin with the last of those before; counts all.

    Returns:
        How many rows there are.
    """
    samples, last_index, base = 0, -1, 0
    for shard, part in zip(shards, facts, strict=True):
        rows = read_rows([shard], columns=["frame_index"])["frame_index"] + (base - part.first_index)
        if part.first_index != base or (rows.size and rows[0] <= last_index):
            _rewrite(shard, part, base=base, after=last_index)
            rows = rows[rows > last_index]
        samples += rows.size
        last_index = int(rows[-1]) if rows.size else last_index
        base += part.decoded_frames
    return samples


def _rewrite(shard: Path, facts: PartFacts, *, base: int, after: int) -> None:
    columns = read_rows([shard], columns=[*_FRAMES, VALUES])
    columns["frame_index"] = columns["frame_index"] + (base - facts.first_index)
    keep = columns["frame_index"] > after
    values = columns[VALUES]
    columns[VALUES] = (
        [value for value, kept in zip(values, keep, strict=True) if kept] if isinstance(values, list) else values[keep]
    )
    columns["frame_index"], columns["time_seconds"] = columns["frame_index"][keep], columns["time_seconds"][keep]
    write_table(shard, columns, facts={**asdict(facts), "first_index": base})


def _write_derived(view: str, shards: Sequence[Path], path: Path, *, apart: bool) -> None:
    """Makes the rows of a view from what was kept of the frames of all parts, a run at a time."""
    frames = read_rows(shards, columns=_FRAMES)
    runs = (
        # No time passes between frames that do not follow each other: none is before or after another.
        (np.zeros_like(run["time_seconds"]) if apart else run["time_seconds"], run[VALUES])
        for run in read_runs(shards, columns=("time_seconds", VALUES))
    )
    done = 0
    with writing_table(path) as table:
        for rows in derive_in_runs(view, runs):
            part = slice(done, done + len(rows))
            table.add({**{name: frames[name][part] for name in _FRAMES}, VALUES: rows})
            done += len(rows)
        table.facts = {"format": _FORMAT}


def _whole(parts: Sequence[PartFacts], damage: str) -> SourceFacts | None:
    """What is known of a source from what is known of its parts; `None` if it has no frame."""
    starts = [part.start_seconds for part in parts if part.start_seconds is not None]
    ends = [part.end_seconds for part in parts if part.end_seconds is not None]
    if not starts or not ends:
        return None
    damage = damage or next((part.damage for part in parts if part.damage), "")
    frame_count = sum(part.decoded_frames for part in parts)
    return SourceFacts(frame_count, sum(part.undecodable for part in parts), damage, min(starts), max(ends))


def _is_complete(folder: Path) -> bool:
    """Whether a view was declared complete, and all its rows are there as far as the ends of its shards tell."""
    record = _record(folder.parent / "index.json")
    return record is not None and record.samples == sum(row_count(path) or 0 for path in folder.glob("part-*.parquet"))


def _record(path: Path) -> IndexRecord | None:
    """The record behind an `index.json`; `None` for one of another version, or of no use."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        view, spec = values["view"], IndexSpec.from_dict(values)
        if values["format"] != _FORMAT or path.parent.name != view_key(view, spec, plan=values["plan"]):
            return None
        facts = SourceFacts(**{name: values[name] for name in SourceFacts.__dataclass_fields__})
        if not values["samples"] > 0:
            return None
        return IndexRecord(values["source_id"], view, spec, facts, values["samples"], path.parent / view)
    except (OSError, ValueError, KeyError, TypeError):
        return None
