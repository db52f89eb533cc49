"""Previews of cuts with more stretches than tiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from films_to_cut import draw, source, spec, timeline_of
from reelsift.actions import preview
from reelsift.actions.cut import Stretch, plan_cut
from reelsift.actions.preview import preview_sheet


def test_a_preview_of_many_stretches_shows_both_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = draw(tmp_path / "film.mp4")
    plan = plan_cut(timeline_of(film, [index % 2 == 1 for index in range(40)]), spec=spec())
    assert len(plan.stretches) == 40
    seen: list[tuple[tuple[int, int, int], ...]] = []
    monkeypatch.setattr(preview, "contact_sheet", lambda pictures, *, colours, **_: seen.append(tuple(colours)))
    for tiles in (4, 10, 20, 39):
        preview_sheet(source(film), plan=plan, tiles=tiles, tile_width=160)
        colours = seen.pop()
        assert len(colours) == tiles // 2 * 2
        assert all(
            {*pair} == {preview._KEPT, preview._DROPPED} for pair in zip(colours[::2], colours[1::2], strict=True)
        )


@given(st.integers(1, 200), st.integers(1, 60))
def test_a_preview_chooses_neighbours_from_the_first_to_the_last(count: int, tiles: int) -> None:
    stretches = [Stretch(float(number), number + 1.0, kept=number % 2 == 0) for number in range(count)]
    shown = preview._spread(stretches, tiles)
    starts = [stretch.start_seconds for stretch in shown]
    assert starts == sorted(set(starts))
    assert max(1, min(count, tiles) - 1) <= len(shown) <= tiles
    if len(shown) > 1:
        assert abs(2 * sum(stretch.kept for stretch in shown) - len(shown)) <= 1
    if 4 <= tiles < count:
        assert (starts[0], starts[-1]) == (0, count - 1)
