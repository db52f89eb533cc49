"""Percentiles of small tables are those of numpy, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelsift.features.percentiles import percentiles

SHARES = (0, 2, 10, 25, 50, 75, 90, 97.5, 100)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=70))
def test_percentiles_are_those_of_numpy(values: list[float]) -> None:
    table = np.array(values)
    kept = table.copy()
    assert np.array_equal(percentiles(table, SHARES), np.percentile(table, SHARES))
    assert np.array_equal(table, kept)


def test_single_precision_is_taken_as_it_is() -> None:
    table = np.random.default_rng(0).random(1980).astype(np.float32)
    found = percentiles(table, SHARES)
    assert found.dtype == np.float64
    assert found == pytest.approx(np.percentile(table.astype(np.float64), SHARES), abs=1e-12)
