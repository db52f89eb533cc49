"""Rows as they come: what is equal, how long they are, and distances however small."""

from __future__ import annotations

import numpy as np
import pytest

from reelsift.errors import SpecError
from reelsift.vectors import Vectors, apart_squared


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("columns", [1, 6, 7])
def test_copies_are_found_of_earlier_rows_and_of_others(dtype: type, columns: int) -> None:
    rows = np.random.default_rng(0).standard_normal((700, columns)).astype(dtype)
    rows[[5, 600]] = rows[300]
    rows[9], rows[10] = 0.0, -0.0
    other = rows[17:18].astype(np.float32)
    expected = np.zeros(700, bool)
    expected[[300, 600, 10, 17]] = True
    vectors = Vectors(rows, "rows")
    if dtype is np.float16 and columns == 1:  # so few values that more are equal
        assert vectors.copies(other)[[300, 600, 10, 17]].all()
    else:
        assert vectors.copies(other).tolist() == expected.tolist()


def test_equal_keys_alone_make_no_copies() -> None:
    rows = np.arange(12, dtype=np.float32).reshape(4, 3)
    vectors = Vectors(rows, "rows")
    vectors.keys[:] = vectors.keys[0]
    assert not vectors.copies(np.empty((0, 3), np.float32)).any()


def test_parts_are_no_copies_and_lengths_are_right() -> None:
    rows = np.random.default_rng(0).standard_normal((600, 9)).astype(np.float32)
    vectors = Vectors(rows, "rows")
    assert vectors.part(3, 8).base is rows
    assert vectors.squares == pytest.approx((rows.astype(np.float64) ** 2).sum(axis=1), rel=1e-6)
    assert vectors.rows(np.array([4, 2])).tolist() == rows[[4, 2]].tolist()


def test_products_are_nearer_to_the_truth_than_the_doubt() -> None:
    rows = np.random.default_rng(0).random((300, 1280), np.float32)
    vectors = Vectors(rows, "rows")
    double = rows.astype(np.float64)
    truth = (double**2).sum(axis=1)[:, None] + (double**2).sum(axis=1) - 2 * double @ double.T
    lengths = vectors.squares.astype(np.float32)
    off = np.abs(lengths[:, None] + lengths - 2 * (rows @ rows.T) - truth).max()
    assert off < vectors.doubt / 3 and vectors.doubt < 1e-5 * truth.max() * 4


def test_distances_are_exact_however_small() -> None:
    rows = np.ones((5000, 300), np.float32)
    rows[:, 0] += np.arange(5000, dtype=np.float32) * 2.0**-20
    expected = (rows[:, 0].astype(np.float64) - 1) ** 2
    assert apart_squared(rows, np.ones(300, np.float32)).tolist() == expected.tolist()
    assert apart_squared(rows, np.ones_like(rows)).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (np.zeros((2, 0)), "at least one column"),
        ([[1, 2]], "float"),
        ([[1.0, np.inf]], "rows hold values that are not finite"),
        ([[1e30]], "too large to be squared"),
    ],
)
def test_what_is_no_matrix_of_numbers_is_refused(values: object, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        Vectors(values, "rows")
