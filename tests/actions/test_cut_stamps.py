"""Cutting films whose time stamps start again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from films_to_cut import draw, indexes_in, source, spec, timeline_of
from reelsift.actions.cut import CutTarget, count_kept, cut, plan_cut
from reelsift.actions.preview import preview_sheet
from reelsift.media.reader import FilmReader
from reelsift.timeline import Timeline


def joined(folder: Path, *, first: int, second: int) -> Path:
    """Two transport streams joined as `cat` does; the frames of both count from 0."""
    for name, frames in (("a", first), ("b", second)):
        draw(folder / f"{name}.ts", stamps=range(frames))
    film = folder / "joined.ts"
    film.write_bytes((folder / "a.ts").read_bytes() + (folder / "b.ts").read_bytes())
    return film


@pytest.mark.parametrize("pad_seconds", [0, 0.08])
def test_where_stamps_start_again_the_nearest_sample_is_told_by_counting(tmp_path: Path, pad_seconds: float) -> None:
    film = joined(tmp_path, first=50, second=50)
    timeline = timeline_of(film, [index in (63, 72) for index in range(100)], every=9)  # samples 0, 9, ... 99
    assert (np.diff(timeline.times_seconds) < 0).any()
    plan = plan_cut(timeline, spec=spec(pad_seconds=pad_seconds))
    result = cut(
        timeline, source=source(film), spec=spec(pad_seconds=pad_seconds), target=CutTarget(film=tmp_path / "out.mp4")
    )
    more = round(pad_seconds * 25)
    # In the second film, whose frames count from 0 again: nothing of the first, which has the same stamps.
    assert indexes_in(tmp_path / "out.mp4") == list(range(59 - 50 - more, 77 - 50 + more))
    assert result.kept_frames == 18 + 2 * more == count_kept(source(film), plan=plan)
    assert plan.kept_seconds == pytest.approx(result.kept_frames / 25)
    assert preview_sheet(source(film), plan=plan).size


def test_frames_whose_stamps_go_astray_between_samples_are_told_by_counting(tmp_path: Path) -> None:
    # Stamps 0 to 0.76 s, then 0 to 2.36 s: samples taken in time, 0.2 s apart, see nothing of the repeated stretch.
    film = joined(tmp_path, first=20, second=60)
    chosen = np.array([0, 5, 10, 15, *range(40, 80, 5)])
    with FilmReader(film) as reader:
        times = np.array([frame.time_seconds for frame in reader.frames()])
    labels = (chosen == 15).astype(np.int64)
    timeline = Timeline(
        source=str(film), task="t", classes=("KO", "OK"), frame_indexes=chosen, times_seconds=times[chosen],
        probabilities=np.eye(2)[labels], labels=labels, start_seconds=float(times[0]), end_seconds=float(times[-1]),
        frame_count=80,
    )  # fmt: skip
    assert (np.diff(timeline.times_seconds) > 0).all()
    cut(timeline, source=source(film), spec=spec(), target=CutTarget(film=tmp_path / "out.mp4"))
    # Nearest to sample 15 by counting are frames up to 27, which is 7 in the second film. Frames 15 to 17 of that lie
    # between the two samples by their stamps as well, and stamps go first.
    assert indexes_in(tmp_path / "out.mp4") == [*range(13, 18), *range(8), *range(15, 18)]
