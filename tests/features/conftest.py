"""A film that is cheap to decode and long enough for several parts."""

from __future__ import annotations

import pytest

from films import write_slow_film
from reelsift.media.sources import FilmSource


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> FilmSource:
    return FilmSource(write_slow_film(tmp_path_factory.mktemp("films") / "slow.mp4"), "slow.mp4")
