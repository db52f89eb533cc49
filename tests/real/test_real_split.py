"""Splitting films that nobody here made: every frame in one clip, upright, at its own time."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from real_data import DATA, NEEDS_REAL_DATA
from reelsift.actions.split import FilmSplitter
from reelsift.media.reader import open_film
from reelsift.media.render import Renderer
from reelsift.media.sources import FilmSource
from reelsift.specs import SplitSpec

pytestmark = NEEDS_REAL_DATA

SECONDS = Fraction(1, 2)
FILMS = (
    "autoeditor__SAR-2by3.mp4", "decord__video_90.mov", "media3__avi_sample.avi", "media3__flv_sample.flv",
    "media3__hls_cea608_sd-hls0000000000.ts", "media3__mp4_sample_shorter_audio.mp4",
    "media3__mp4_sample_with_invalid_nalu.mp4", "media3__mp4_trim_optimization_failure.mp4",
    "media3__ts_sample_h263.ts", "media3__vp9_bear-vp9-odd-dimensions.webm", "torchcodec__discard_first_keyframe.mp4",
    "torchcodec__sine_stereo_mp2.mpg", "torchcodec__test_non_zero_start.mp4", "torchcodec__testsrc2_444_8bit_hevc.mp4",
)  # fmt: skip


def _thumbnails(path: Path) -> list[tuple[float, np.ndarray]]:
    """Time and a coarse picture of each frame, upright."""
    renderer, found = Renderer(), []
    with open_film(path) as reader:
        for frame in reader.frames():
            coarse = cv2.resize(renderer.rgb(frame), (12, 12), interpolation=cv2.INTER_AREA)
            found.append((frame.time_seconds, coarse.astype(int)))
    return found


@pytest.mark.parametrize("name", FILMS)
def test_clips_are_the_film(name: str, tmp_path: Path) -> None:
    path = DATA / "odd" / name
    splitter = FilmSplitter(FilmSource(path, name), spec=SplitSpec(SECONDS, preset="ultrafast"))
    clips = list(splitter.clips(lambda number: tmp_path / f"{number}.mp4"))
    film = _thumbnails(path)
    assert clips[0].first_frame == 0 and clips[-1].end_frame == len(film)
    for one, other in pairwise(clips):
        assert one.end_frame == other.first_frame
        assert one.end_seconds == pytest.approx(other.start_seconds, abs=1e-6)
    for clip in clips:
        own = film[clip.first_frame : clip.end_frame]
        found = _thumbnails(clip.path)
        assert len(found) == len(own)
        for (there, seen), (time, shown) in zip(found, own, strict=True):
            assert there == pytest.approx(time - clip.start_seconds, abs=0.002)
            assert np.abs(seen - shown).mean() < 4
            assert there < SECONDS or clip.end_frame - clip.first_frame == 1
