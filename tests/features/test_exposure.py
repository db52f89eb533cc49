"""The exposure numbers: what they say of pictures where the answer is known, and what must not change them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.features.exposure import EXPOSURE_COLUMNS, EXPOSURE_WIDTH, _cells, exposure_numbers, halved, without_bars


def light(*, width: int = 640, height: int = 360, seed: int = 0) -> np.ndarray:
    """A scene of linear light around middle grey: smooth areas, textures, things."""
    rng = np.random.default_rng(seed)
    scene = np.full((height, width), 0.18)
    for x, y, w, h, stops in rng.random((50, 5)) * (0.9, 0.9, 0.3, 0.3, 6):
        area = (slice(int(y * height), int((y + h) * height)), slice(int(x * width), int((x + w) * width)))
        scene[area] = 0.18 * 2 ** (stops - 4)
    texture = cv2.GaussianBlur(rng.standard_normal((height, width)), (0, 0), 1.5)
    return scene * np.exp(texture)


def taken(scene: np.ndarray, *, stops: float = 0.0) -> np.ndarray:
    """What a camera makes of it at so many stops more or less."""
    exposed = np.clip(scene * 2**stops, 0, 1)
    levels = np.where(exposed <= 0.0031308, exposed * 12.92, 1.055 * exposed ** (1 / 2.4) - 0.055)
    return np.rint(levels * 255).astype(np.uint8)


def numbers(picture: np.ndarray) -> dict[str, np.ndarray]:
    row = exposure_numbers(picture)
    return {name: row[columns] for name, columns in EXPOSURE_COLUMNS.items()}


def test_the_columns_cover_the_row_without_a_gap() -> None:
    ends = [0]
    for columns in EXPOSURE_COLUMNS.values():
        assert columns.start == ends[-1] and columns.stop > columns.start
        ends.append(columns.stop)
    assert ends[-1] == EXPOSURE_WIDTH == len(exposure_numbers(taken(light())))


def test_a_plain_picture_has_golden_values() -> None:
    found = numbers(np.full((90, 160), 128, np.uint8))
    assert found["darker"].tolist() == [float(level > 128) for level in range(16, 256, 16)]
    assert found["levels"] == pytest.approx([128 / 255, 0, *[128 / 255] * 9])
    assert found["blocks"] == pytest.approx([128 / 255] * 16)
    assert found["stops"][[0, 2]] == pytest.approx(-0.22, abs=0.005)  # 128 is 2.2 stops below white
    assert found["zone_shares"].tolist() == [0, 0, 0, 0, 1, 0, 0, 0]
    assert found["flat"].tolist() == [0, 0, 1, 0, 0]
    for name in ("ends", "contrast", "zone_detail", "zone_contrast", "largest", "entropy"):
        assert not found[name].any(), name


def test_ends_and_areas_of_black_and_white() -> None:
    picture = np.full((320, 640), 128, np.uint8)
    picture[:80] = 1  # a quarter, in one piece
    picture[240:, :160] = 255  # a sixteenth each, in two
    picture[240:, 480:] = 255
    found = numbers(picture)
    assert found["ends"] ** 2 == pytest.approx([0.25, 0.25, 0.25, 0.125, 0.125, 0.125], abs=0.01)
    white, _, black, dark, flat_bright, flat_dark = found["largest"] ** 2
    assert [white, flat_bright] == pytest.approx([0.0625] * 2, abs=0.015)
    assert [black, dark, flat_dark] == pytest.approx([0.25] * 3, abs=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_more_light_moves_the_numbers_one_way(seed: int) -> None:
    rows = [numbers(taken(light(seed=seed), stops=stops)) for stops in (-5, -3, -1.5, 0, 1.5, 3)]

    def rises(values: list[float]) -> bool:
        return bool((np.diff(values) >= 0).all()) and values[-1] > values[0] + 0.05

    assert rises([float(row["levels"][0]) for row in rows])
    assert rises([float(row["stops"][0]) for row in rows])
    assert rises([float(row["ends"][-1]) for row in rows])
    assert rises([float(row["largest"][0]) for row in rows])
    assert rises([-float(row["ends"][0]) for row in rows])
    assert rises([-float(row["darker"][3]) for row in rows])
    middle = [float(row["well_exposed"][0]) for row in rows]
    assert max(middle) in middle[2:5]


def test_a_stop_is_a_stop_where_nothing_is_clipped() -> None:
    scene = np.clip(light(), 0.05, 0.4)
    one, other = (numbers(taken(scene, stops=stops))["stops"] for stops in (0.0, 1.0))
    assert (other[[0, 2, 5, 8]] - one[[0, 2, 5, 8]]) * 10 == pytest.approx(1, abs=0.1)
    assert other[1] == pytest.approx(one[1], abs=0.01)  # the spread stays


def test_clipping_piles_up_where_a_light_subject_falls_off() -> None:
    rng = np.random.default_rng(0)
    snow = np.clip(rng.normal(228, 10, (360, 640)), 0, 250).astype(np.uint8)
    burnt = np.clip(rng.normal(290, 10, (360, 640)), 0, 255).astype(np.uint8)
    dulled = np.minimum(burnt, 238)
    assert numbers(burnt)["spikes"][4] > numbers(snow)["spikes"][4] + 0.5
    assert numbers(dulled)["spikes"][6] > numbers(snow)["spikes"][6] + 0.3


def test_where_things_lie_does_not_matter() -> None:
    picture = taken(light())
    same = ("darker", "ends", "levels", "stops", "entropy", "cells", "zone_shares", "largest", "well_exposed", "blocks")
    for turned in (picture[:, ::-1], picture[::-1]):
        one, other = numbers(picture), numbers(np.ascontiguousarray(turned))
        for name in same:
            assert other[name] == pytest.approx(one[name], abs=0.03), name


@pytest.mark.parametrize("sides", [False, True])
@pytest.mark.parametrize("stops", [-1.0, 0.0, 1.5])
def test_black_bars_are_left_out(stops: float, sides: bool) -> None:
    picture = taken(light(), stops=stops)
    noise = np.random.default_rng(0).integers(0, 3, (540, 960)).astype(np.uint8)  # as a codec leaves it
    top, left = ((540 - 360) // 2, 0) if not sides else (0, (960 - 640) // 2)
    framed = noise[: 360 + 2 * top, : 640 + 2 * left].copy()
    framed[top : top + 360, left : left + 640] = picture
    inside = without_bars(framed)
    assert exposure_numbers(inside) == pytest.approx(exposure_numbers(picture), abs=0.08)
    assert numbers(inside)["ends"][:3] == pytest.approx(numbers(picture)["ends"][:3], abs=0.01)


def test_dark_scenery_is_no_bar() -> None:
    picture = taken(light(), stops=-1)
    dusk = np.linspace(2, 24, 60).astype(np.uint8)[:, None]
    picture[:60], picture[-60:] = dusk, dusk[::-1]
    assert without_bars(picture).shape == picture.shape
    black = np.zeros((360, 640), np.uint8)
    assert without_bars(black).shape == black.shape


def test_resolution_hardly_matters() -> None:
    large = taken(cv2.GaussianBlur(light(width=960, height=540), (0, 0), 3))
    small = cv2.resize(large, (480, 270), interpolation=cv2.INTER_AREA)
    one, other = numbers(large), numbers(small)
    for name in ("darker", "levels", "stops", "cells", "zone_shares", "well_exposed", "blocks"):
        assert other[name] == pytest.approx(one[name], abs=0.04), name


@given(width=st.integers(8, 480), height=st.integers(8, 270))
def test_cells_have_the_mean_and_deviation_of_their_pixels(width: int, height: int) -> None:
    half = np.random.default_rng(width * height).integers(0, 256, (height, width), dtype=np.uint8)
    means, deviations = _cells(half)
    rows, columns = means.shape
    side = min(max(2, round(max(width, height) / 60)), height, width)
    assert (rows, columns) == (height // side, width // side)
    cells = half[: rows * side, : columns * side].reshape(rows, side, columns, side).astype(float)
    assert means == pytest.approx(cells.mean(axis=(1, 3)), abs=1e-4)
    assert deviations == pytest.approx(cells.std(axis=(1, 3)), abs=0.02)


def test_what_is_known_at_half_the_size_is_not_made_again() -> None:
    picture = taken(light())
    assert np.array_equal(exposure_numbers(picture, half=halved(picture)), exposure_numbers(picture))
    other = exposure_numbers(picture, half=halved(255 - picture))
    assert not np.array_equal(other, exposure_numbers(picture))


@given(
    width=st.integers(8, 960), height=st.integers(8, 540), level=st.integers(0, 255), noise=st.sampled_from([0, 5, 90])
)
def test_any_picture_gives_finite_numbers_of_a_known_range(width: int, height: int, level: int, noise: int) -> None:
    rng = np.random.default_rng(width * height)
    picture = np.clip(level + rng.normal(0, noise + 1e-9, (height, width)), 0, 255).astype(np.uint8)
    row = exposure_numbers(picture)
    assert (row.shape, row.dtype) == ((EXPOSURE_WIDTH,), np.float32)
    assert np.isfinite(row).all() and np.abs(row).max() < 4
    for name in ("darker", "ends", "levels", "zone_shares", "flat", "largest", "blocks"):
        values = row[EXPOSURE_COLUMNS[name]]
        assert values.min() >= 0 and values.max() <= 1 + 1e-6, name
    assert (np.diff(row[EXPOSURE_COLUMNS["darker"]]) >= -1e-6).all()
