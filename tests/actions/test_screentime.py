"""Screen time from timelines made by hand: seconds, intervals, totals, the table."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reelsift.actions.screentime import CSV_COLUMNS, screen_time, total_screen_time, write_screen_times
from reelsift.errors import OutputError, SpecError
from timelines import CLASSES, film, honest, multi, nothing_known


def test_the_seconds_of_classes_of_which_one_is_true_are_the_duration() -> None:
    timeline = film(seconds=60, start_seconds=7.5)
    time = screen_time(timeline, held_out=[honest()])
    assert (time.source, time.frames, time.duration_seconds) == ("film.mp4", 300, pytest.approx(60))
    assert [each.name for each in time.classes] == list(CLASSES)
    assert sum(each.seconds for each in time.classes) == pytest.approx(60)
    for each in time.classes:
        assert each.interval_seconds is not None
        low, high = each.interval_seconds
        assert 0 <= low < each.seconds < high <= 60
        assert each.share == pytest.approx(each.seconds / 60)
        assert each.counted_seconds == pytest.approx(timeline.seconds_by_class()[each.name])
        assert each.seconds == pytest.approx(each.counted_seconds, abs=4)


def test_frames_count_for_as_long_as_they_are_shown() -> None:
    even = film(seconds=40, scene_seconds=10)
    times = np.where(even.labels == even.labels[0], 0.5, 0.05).cumsum()
    uneven = replace(even, times_seconds=times, start_seconds=0.0, end_seconds=float(times[-1]))
    name = CLASSES[even.labels[0]]
    shown = screen_time(uneven, held_out=[honest()])[name]
    assert shown.counted_seconds == pytest.approx(uneven.seconds_by_class()[name])
    assert shown.share == pytest.approx(shown.counted_seconds / float(times[-1]), abs=0.15)
    assert shown.share > screen_time(even, held_out=[honest()])[name].share + 0.1


def test_where_several_can_be_true_each_class_is_a_question_of_its_own() -> None:
    timeline = multi(names=("Tom", "Jerry"))
    both = screen_time(timeline, held_out=[honest(2), nothing_known(2)])
    assert [each.name for each in both.classes] == ["Tom", "Jerry"]
    assert both["Tom"].interval_seconds is not None and both["Jerry"].interval_seconds is None
    alone = screen_time(timeline.of("Tom"), held_out=[honest(2)])["Tom"]
    assert both["Tom"] == alone
    jerry = timeline.of("Jerry")
    assert both["Jerry"].seconds == pytest.approx(float(jerry.durations_seconds @ jerry.probabilities[:, 1]))
    assert both["Jerry"].counted_seconds == pytest.approx(timeline.seconds_by_class()["Jerry"])


def test_one_question_about_one_class() -> None:
    timeline = multi(names=("beer",))
    (beer,) = screen_time(timeline, held_out=[honest(2)]).classes
    assert beer.name == "beer" and beer.seconds == pytest.approx(timeline.seconds_by_class()["beer"], abs=4)


def test_a_total_adds_up_and_is_known_better_than_its_films() -> None:
    known = [honest()]
    films = [screen_time(film(f"{n}.mp4", seconds=20 + n, seed=n), held_out=known) for n in range(5)]
    total = total_screen_time(films, held_out=known)
    assert (total.source, total.frames, total.duration_seconds) == ("total", sum(f.frames for f in films), 110)
    for each in total.classes:
        parts = [time[each.name] for time in films]
        assert each.seconds == pytest.approx(sum(part.seconds for part in parts))
        assert each.counted_seconds == pytest.approx(sum(part.counted_seconds for part in parts))
        assert each.share == pytest.approx(each.seconds / 110)
        assert each.interval_seconds is not None
        low, high = each.interval_seconds
        assert low < each.seconds < high
        assert high - low < sum(part.interval_seconds[1] - part.interval_seconds[0] for part in parts)  # type: ignore[index]


def test_the_table_has_a_row_for_each_film_and_class_and_then_the_total(tmp_path: Path) -> None:
    known = [honest(2), nothing_known(2)]
    films = [screen_time(multi(name), held_out=known) for name in ('a, "b".mp4', "c.mp4")]
    total = total_screen_time(films, held_out=known)
    write_screen_times(tmp_path / "time.csv", films, total=total)
    with (tmp_path / "time.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert [(row["source"], row["class"]) for row in rows] == [
        (source, name) for source in ('a, "b".mp4', "c.mp4", "total") for name in ("Tom", "Jerry")
    ]
    tom, jerry = rows[:2]
    assert float(tom["low_seconds"]) < float(tom["seconds"]) < float(tom["high_seconds"])
    assert float(tom["share"]) == pytest.approx(float(tom["seconds"]) / 60, abs=1e-4)
    assert float(tom["counted_seconds"]) == pytest.approx(films[0]["Tom"].counted_seconds, abs=1e-3)
    assert (jerry["low_seconds"], jerry["high_seconds"]) == ("", "")
    with pytest.raises(OutputError, match="no folder"):
        write_screen_times(tmp_path / "nowhere" / "time.csv", films, total=total)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(SpecError, match="2 questions need as many sets of held-out frames, not 1"):
        screen_time(multi(), held_out=[honest(2)])
    with pytest.raises(SpecError, match="held-out frames of 2 classes"):
        screen_time(film(), held_out=[honest(2)])
    with pytest.raises(SpecError, match="one film at least"):
        total_screen_time([], held_out=[honest()])
    one = screen_time(film(), held_out=[honest()])
    other = screen_time(film(classes=("a", "b", "c")), held_out=[honest()])
    with pytest.raises(SpecError, match="same classes"):
        total_screen_time([one, other], held_out=[honest()])
    with pytest.raises(KeyError):
        one["Spike"]
