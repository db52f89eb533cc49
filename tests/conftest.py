"""Settings for all tests."""

from __future__ import annotations

import os

# Two workers on two cores, each with as many threads in every matrix library, wait for each other more than they work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

# How long an example takes says something of the machine, not of the code.
settings.register_profile("reelsift", deadline=None)
settings.load_profile("reelsift")
