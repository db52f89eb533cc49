"""Ratings of clips: shares, verdicts, reasons, and the table."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reelsift.actions.rate import (
    FACTS,
    ClipRating,
    TaskBand,
    judged,
    known_names,
    shares_of,
    worst_first,
    write_ratings,
)
from reelsift.actions.stretches import Stretch
from reelsift.errors import SpecError
from reelsift.expressions import Expression
from reelsift.timeline import Segment, Timeline


def timeline(times: list[float], labels: list[int], *, end: float, classes: tuple[str, ...] = ("a", "b")) -> Timeline:
    return Timeline(
        source="film.mp4",
        task="task",
        classes=classes,
        frame_indexes=np.arange(len(times)),
        times_seconds=np.array(times),
        probabilities=np.eye(len(classes))[labels],
        labels=np.array(labels),
        start_seconds=0.0,
        end_seconds=end,
        frame_count=len(times),
    )


def clip(**changes: Any) -> ClipRating:
    bands = (
        TaskBand("exposure", {"under": 0.05, "good": 0.9, "over": 0.05}, (Segment(0, 10, "good"),)),
        TaskBand("blur", {"sharp": 0.2, "blurred": 0.8}, (Segment(0, 10, "blurred"),)),
    )
    given = ClipRating("a.mp4", Path("a.mp4"), "id", 0.0, 10.0, 250, 20, 640, 360, 25.0, True, bands)
    return dataclasses.replace(given, **changes)


def test_samples_of_a_burst_speak_for_the_same_time() -> None:
    # Two bursts of three samples, at 0 and at 6 s, of a film of 10 s: the border lies in the middle, at 3.2 s.
    told = shares_of(timeline([0, 0.2, 0.4, 6, 6.2, 6.4], [0, 0, 1, 1, 1, 1], end=10))
    assert told == pytest.approx({"a": 3.2 / 10 * 2 / 3, "b": 1 - 3.2 / 10 * 2 / 3})


def test_shares_of_an_even_sampling_are_those_of_the_timeline() -> None:
    even = timeline([0.1 + 0.2 * n for n in range(50)], [0] * 20 + [1] * 30, end=10)
    whole = {name: seconds / 10 for name, seconds in even.seconds_by_class().items()}
    assert shares_of(even) == pytest.approx(whole, abs=0.01)


def test_shares_add_up_also_of_one_frame_and_of_stamps_that_run_backwards() -> None:
    assert shares_of(timeline([3.0], [1], end=3.0)) == {"a": 0, "b": 1}
    assert sum(shares_of(timeline([0, 5, 2, 9], [0, 1, 0, 1], end=10)).values()) == pytest.approx(1)


def test_values_name_shares_and_facts() -> None:
    values = clip(stretches=(Stretch("black", 0, 2), Stretch("black", 4, 5), Stretch("silent", 0, 10))).values
    assert values["exposure.good"] == 0.9 and values["blur.blurred"] == 0.8
    assert (values["black"], values["frozen"], values["silent"]) == pytest.approx((0.3, 0, 1))
    assert set(values) == set(known_names({"exposure": ["under", "good", "over"], "blur": ["sharp", "blurred"]}))
    assert set(FACTS) <= set(values)


def test_a_clip_is_rejected_for_what_is_true_of_it() -> None:
    reject = Expression.parse("blur.blurred > 75% or exposure.good < 50% or duplicate")
    rejected = judged(clip(), reject)
    assert rejected.rejected and rejected.folders == ("blur.blurred",)
    assert rejected.reasons == ("blur.blurred > 75% (it is 80.0 %)",)
    usable = judged(clip(bands=()), Expression.parse("duplicate"))
    assert (usable.rejected, usable.reasons, usable.folders) == (False, (), ())
    twice = judged(clip(duplicate_of="b.mp4"), reject)
    assert twice.reasons[-1] == "duplicate of b.mp4" and twice.folders == ("blur.blurred", "duplicate")


def test_a_verdict_is_not_kept_from_before() -> None:
    before = judged(clip(), Expression.parse("blur.blurred > 75%"))
    after = judged(before, Expression.parse("duration < 2"))
    assert (after.rejected, after.reasons, after.folders) == (False, (), ())


def test_facts_are_told_with_their_value() -> None:
    assert judged(clip(), Expression.parse("duration < 20")).reasons == ("duration < 20 (it is 10)",)
    mute = judged(clip(has_sound=False), Expression.parse("not sound and not duplicate"))
    assert mute.reasons == mute.folders == ("not sound", "not duplicate")
    near = judged(clip(near_duplicate_of="c.mp4"), Expression.parse("near_duplicate"))
    assert near.reasons == ("near duplicate of c.mp4",)
    black = judged(clip(stretches=(Stretch("black", 0, 6),)), Expression.parse("black > 50%"))
    assert black.reasons == ("black > 50% (it is 60.0 %)",)


def test_what_nobody_knows_is_an_error() -> None:
    with pytest.raises(SpecError):
        judged(clip(), Expression.parse("sharpness > 1"))


def test_worst_first() -> None:
    good = clip(source="good", bands=(TaskBand("blur", {"sharp": 1.0, "blurred": 0.0}, ()),))
    half = clip(source="half", bands=(TaskBand("blur", {"sharp": 0.5, "blurred": 0.5}, ()),))
    rejected = clip(source="rejected", rejected=True, bands=())
    assert [each.source for each in worst_first([good, half, rejected])] == ["rejected", "half", "good"]


def test_the_table_has_a_row_for_each_clip(tmp_path: Path) -> None:
    other = clip(source="b, c.mp4", bands=(TaskBand("mine", {"x": 0.25}, ()),))
    write_ratings(tmp_path / "t.csv", [judged(clip(), Expression.parse("blur.blurred > 0.5")), other])
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == ["rejected", "usable"]
    assert rows[0]["blur.blurred"] == "0.8000" and rows[0]["mine.x"] == "" and rows[1]["mine.x"] == "0.2500"
    assert rows[1]["source"] == "b, c.mp4" and float(rows[0]["duration"]) == 10
