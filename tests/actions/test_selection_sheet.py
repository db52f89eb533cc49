"""The contact sheet of a selection: every frame where it belongs, with its words, and never too many or too large."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reelsift.actions import selection_sheet as module
from reelsift.actions.screentime_plot import COLOURS
from reelsift.actions.selection import ChosenFrame
from reelsift.actions.selection_sheet import BAR, EDGE, GAP, MOST_TILES, TITLE, selection_sheet
from reelsift.errors import SpecError
from reelsift.media.sheet import PAPER


def frame(index: int, film: str = "films/drive.mp4", *, start: float = 0.0) -> ChosenFrame:
    return ChosenFrame(film, Path(film), "id", index, start + index / 25, start)


def plain(value: int, *, width: int = 160, height: int = 90) -> Any:
    return np.full((height, width, 3), value, np.uint8)


def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written from now on, in order."""
    found: list[str] = []
    real = module._write

    def write(figure: Any, renderer: Any, words: str, *places: int, **settings: Any) -> int:
        before = len(figure.texts)
        used = real(figure, renderer, words, *places, **settings)
        found.extend(text.get_text() for text in figure.texts[before:])
        assert used <= settings["room"] or len(found[-1]) == 1
        return used

    monkeypatch.setattr(module, "_write", write)
    return found


def test_frames_stand_by_film_and_time_whatever_their_order() -> None:
    order = [(50, "b.mp4"), (9, "a.mp4"), (3, "b.mp4"), (100, "a.mp4")]
    sheet = selection_sheet([frame(*each) for each in order], [plain(value) for value in (10, 90, 170, 250)])
    height = 180  # tiles are 320 wide
    for tile, value in enumerate((170, 10, 90, 250)):  # b first: it was first
        left = EDGE + tile * (320 + GAP)
        assert (sheet[TITLE : TITLE + height, left : left + 320] == value).all()
        colour = COLOURS[tile // 2]
        bar = sheet[TITLE + height : TITLE + height + BAR, left : left + 320]
        assert (bar == [int(colour[at : at + 2], 16) for at in (1, 3, 5)]).all()
    assert tuple(sheet[0, 0]) == PAPER


def test_colours_follow_the_films_of_the_map() -> None:
    sheet = selection_sheet(
        [frame(1, "b.mp4"), frame(1, "d.mp4")], [plain(9)] * 2, films=["a.mp4", "b.mp4", "c.mp4", "d.mp4"]
    )
    bars = [sheet[TITLE + 180 + 1, left] for left in (EDGE, EDGE + 320 + GAP)]
    assert [tuple(bar) for bar in bars] == [(0xD5, 0x5E, 0x00), (0xCC, 0x79, 0xA7)]


def test_one_film_has_its_name_above_and_times_from_its_first_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    found = said(monkeypatch)
    selection_sheet([frame(1500, start=7.0), frame(31, start=7.0)], [plain(0)] * 2)
    assert found == ["2 frames of drive.mp4", "0:01.2", "frame 31", "1:00.0", "frame 1,500"]


def test_several_films_have_their_names_below_each_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    found = said(monkeypatch)
    selection_sheet([frame(0, "a/x.mp4"), frame(0, "b/x.mp4"), frame(0, "ä$_$.mp4")], [plain(0)] * 3)
    assert found[0] == "3 frames of 3 films"
    assert found[3::3] == ["a/x.mp4", "b/x.mp4", "ä$_$.mp4"]


def test_pictures_of_a_folder_are_called_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    found = said(monkeypatch)
    one = ChosenFrame("photos", Path("photos/IMG_7.jpg"), "id", 6, 6.0, 0.0, True)
    selection_sheet([one, frame(3)], [plain(0)] * 2)
    assert found[:3] == ["2 frames of 2 sources", "IMG_7.jpg", "photos"]


def test_names_that_are_too_long_lose_their_middle_and_strange_letters_are_boxes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = said(monkeypatch)
    films = [f"{'W' * 80}{number}.mp4" for number in range(30)] + ["映画.mp4"]
    sheet = selection_sheet([frame(0, film) for film in films], [plain(255)] * 31)
    names = found[3::3]
    assert all("…" in name and name.endswith(f"{number}.mp4") for number, name in enumerate(names[:30]))
    assert names[30] == "映画.mp4"
    assert sheet.shape[1] < 2500


def test_words_can_be_seen_and_lie_on_no_picture() -> None:
    sheet = selection_sheet([frame(12)], [plain(255)])
    below = sheet[TITLE + 180 + BAR :]
    assert below.max() > 200 and sheet[:TITLE].max() > 200
    assert (sheet[TITLE : TITLE + 180, EDGE : EDGE + 320] == 255).all()


@pytest.mark.parametrize("count", [1, 3, 5, 30, 99, 200, 1000])
@pytest.mark.parametrize(("width", "height"), [(160, 90), (90, 160)])
def test_sheets_stay_of_a_size_that_can_be_looked_at(
    count: int, width: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_with_words", lambda grid, captions, *, title: plain(0, width=grid.size[0],
                        height=grid.size[1]))  # fmt: skip
    sheet = selection_sheet([frame(index) for index in range(count)], [plain(200, width=width, height=height)] * count)
    assert max(sheet.shape) <= 3000
    if count >= 30:
        assert sheet.shape[1] > 1900 and 0.9 < sheet.shape[1] / sheet.shape[0] < 2


def test_of_very_many_some_are_shown_spread_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    found = said(monkeypatch)
    selection_sheet([frame(index) for index in range(1000)], [plain(0)] * 1000)
    shown = [int(each.split()[1].replace(",", "")) for each in found if each.startswith("frame ")]
    assert found[0] == "200 of 1,000 frames of drive.mp4"
    assert len(shown) == MOST_TILES and shown[0] == 0 and shown[-1] == 999
    assert set(np.diff(shown)) <= {5, 6}


def test_a_sheet_says_how_many_there_are_beside_those_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = said(monkeypatch)
    selection_sheet([frame(1), frame(2)], [plain(0)] * 2, total=1234)
    selection_sheet([frame(1)], [plain(0)])
    assert [each for each in found if "drive" in each] == ["2 of 1,234 frames of drive.mp4", "1 frame of drive.mp4"]


def test_a_picture_of_another_shape_is_shown_whole() -> None:
    sheet = selection_sheet(
        [frame(index) for index in range(3)], [plain(255, width=50, height=200), plain(9), plain(9)]
    )
    tile = sheet[TITLE : TITLE + 180, EDGE : EDGE + 320]
    assert (tile[:, 160 - 20 : 160 + 20] == 255).all() and (tile[:, :100] == PAPER).all()


def test_a_sheet_of_nothing_or_of_too_few_pictures_is_refused() -> None:
    with pytest.raises(SpecError, match="one at least"):
        selection_sheet([], [])
    with pytest.raises(SpecError, match="2 frames, 1 pictures"):
        selection_sheet([frame(0), frame(1)], [plain(0)])
