"""Settings for all tests."""

from __future__ import annotations

import os

# Two workers on two cores, each with as many threads in every matrix library, wait for each other more than they work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from reelsift.models import training

# How long an example takes says something of the machine, not of the code.
settings.register_profile("reelsift", deadline=None)
settings.load_profile("reelsift")

# Heads that are learned step by step take seconds each. Where they are not what is tested, linear ones are enough.
HEADS_TRIED_BELOW = training.GOOD_ENOUGH
training.GOOD_ENOUGH = 0.0


@pytest.fixture
def all_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets `train` try all heads, as it does for users."""
    monkeypatch.setattr(training, "GOOD_ENOUGH", HEADS_TRIED_BELOW)
