"""Writing the drawn film: every frame is in it, and nothing half-written is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import PictureType

from reelsift.demo import PrinterFilm, write_film
from reelsift.errors import OutputError, SpecError

FILM = PrinterFilm(frames=60, width=320, height=180, seed=5)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "printer.mp4"
    assert write_film(path, FILM.draw(), fps=FILM.fps) == 60
    return path


def test_film_decodes_to_the_frames_drawn(written: Path) -> None:
    with av.open(str(written)) as container:
        decoded = list(container.decode(video=0))
    assert len(decoded) == 60
    assert [frame.pts * frame.time_base for frame in decoded] == [Fraction(n, 25) for n in range(60)]
    for frame, drawn in zip(decoded, FILM.draw(), strict=True):
        assert np.abs(frame.to_ndarray(format="rgb24").astype(int) - drawn).mean() < 6


def test_stream_is_h264_with_b_frames_and_says_its_colours(written: Path) -> None:
    with av.open(str(written)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 25
        assert (int(stream.codec_context.colorspace), int(stream.codec_context.color_range)) == (6, 1)
        kinds = {PictureType(frame.pict_type).name for frame in container.decode(video=0)}
    assert kinds == {"I", "P", "B"}


def test_long_film_can_be_taken_apart_at_key_frames(tmp_path: Path) -> None:
    film = PrinterFilm(frames=260, width=64, height=36)
    write_film(tmp_path / "long.mp4", film.draw(), fps=25)
    with av.open(str(tmp_path / "long.mp4")) as container:
        keys = [n for n, frame in enumerate(container.decode(video=0)) if frame.key_frame]
    assert keys == [0, 125, 250]


def test_a_film_there_is_replaced_and_nothing_else_left(tmp_path: Path) -> None:
    path = tmp_path / "printer.mp4"
    path.write_text("old")
    write_film(path, PrinterFilm(frames=8, width=64, height=36).draw(), fps=25)
    assert path.stat().st_size > 1000
    assert [entry.name for entry in tmp_path.iterdir()] == ["printer.mp4"]


def test_failing_source_leaves_the_old_film_and_no_part(tmp_path: Path) -> None:
    def failing() -> Iterator[np.ndarray]:
        yield from PrinterFilm(frames=8, width=64, height=36).draw()
        raise RuntimeError("the source failed")

    path = tmp_path / "printer.mp4"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="the source failed"):
        write_film(path, failing(), fps=25)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["printer.mp4"]


def test_no_frames_and_no_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="at least one frame"):
        write_film(tmp_path / "empty.mp4", iter(()), fps=25)
    with pytest.raises(OutputError, match="nowhere"):
        write_film(tmp_path / "nowhere" / "film.mp4", PrinterFilm(frames=8, width=64, height=36).draw(), fps=25)
    assert list(tmp_path.iterdir()) == []
