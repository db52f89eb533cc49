"""The demo's job "segment", with short films and a model that learns quickly: what it runs, says and leaves."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reelsift.cli import demo_segment

if TYPE_CHECKING:
    from conftest import Run


def test_a_broadcast_is_told_apart_beside_the_truth(empty: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_segment, "_TAUGHT", ((7.0, 8.0), (6.0, 9.0)))
    monkeypatch.setattr(demo_segment, "_NAMES", ("match-1.mp4", "match-2.mp4"))
    monkeypatch.setattr(demo_segment, "_MEASURED", (5.0, 5.0, 4.0))
    monkeypatch.setattr(demo_segment, "_MODEL", "statistics")
    done = run("demo", "--job", "segment", "--out", "shown", "--json")
    assert done.status == 0, done.err
    job = done.values["jobs"]["segment"]
    assert set(done.values["jobs"]) == {"segment"}
    assert job["clips"] == 9 and job["changes"] == 2 and 0 <= job["exact_changes"] <= 2  # one of ten shows both
    assert 0.5 < job["accuracy"] <= 1 and set(job["segment_f1"]) == {"10", "25", "50"}
    for command in ("split", "labels import", "train", "predict", "evaluate", "annotate"):
        assert f"$ reelsift {command}" in done.err
    shown = Path("shown")
    assert {*demo_segment.FOLDERS, *demo_segment.SHOWN} <= {path.name for path in shown.iterdir()}
    assert len(list(shown.glob("sport/train/*/*.mp4"))) == 9 and len(list(shown.glob("clips/*/*.mp4"))) == 1
    with (shown / "broadcast-truth.csv").open(encoding="utf-8") as table:
        rows = [(row["label"], float(row["start"]), float(row["end"])) for row in csv.DictReader(table)]
    assert rows == [("football", 0, 5), ("commercial", 5, 10), ("football", 10, 14)]


def test_changes_count_as_exact_within_a_frame() -> None:
    segments = [{"start_seconds": start} for start in (0.0, 4.95, 10.15, 20.0)]
    assert demo_segment._exact([5.0, 10.0, 20.1], segments, frame_seconds=0.1) == 2
    assert demo_segment._exact([0.0], segments, frame_seconds=0.1) == 0  # the first segment begins, nothing changes
