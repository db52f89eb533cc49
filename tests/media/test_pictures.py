"""Writing pictures, and outputs that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reelsift.errors import OutputError, OutputExistsError
from reelsift.media.picture_reader import read_picture
from reelsift.media.pictures import encode_picture, write_picture
from reelsift.output import check_file, check_folder, writing_file, writing_folder
from reelsift.specs import PictureSpec, Size

SLOPE = np.linspace(0, 255, 64 * 48 * 3).reshape(48, 64, 3).astype(np.uint8)


@pytest.mark.parametrize("form", ["jpg", "png", "webp"])
def test_pictures_come_back_in_the_right_colours(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"schön 漢字.{form}"
    red = SLOPE.copy()
    red[:, :, 0] = 250
    size = write_picture(path, red, spec=PictureSpec(form, 95))  # type: ignore[arg-type]
    assert size == path.stat().st_size
    assert abs(read_picture(path).astype(int) - red).mean() < 6
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("form", ["jpg", "webp"])
def test_quality_decides_the_size(form: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    sizes = [len(encode_picture(noise, spec=PictureSpec(form, quality))) for quality in (0, 50, 100)]  # type: ignore[arg-type]
    assert sizes[0] < sizes[1] < sizes[2]


def test_pictures_are_scaled_to_the_size_asked_for(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", SLOPE, spec=PictureSpec("png", size=Size(32, 20)))
    assert read_picture(tmp_path / "a.png").shape == (20, 32, 3)


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"missing/a\.png"):
        write_picture(tmp_path / "missing" / "a.png", SLOPE, spec=PictureSpec("png"))
    with pytest.raises(OutputError, match="try --format png"):
        encode_picture(np.zeros((2, 20_000, 3), np.uint8), spec=PictureSpec("webp"))


def test_a_file_is_renamed_at_the_end_or_removed(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    with writing_file(output) as beside:
        beside.write_text("new")
        assert not output.exists()
        assert (beside.parent, beside.suffix) == (tmp_path, ".txt")
    assert output.read_text() == "new"
    with pytest.raises(ValueError, match="broken"), writing_file(output) as beside:
        beside.write_text("newer")
        raise ValueError("broken")
    assert output.read_text() == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.txt"]


def test_a_folder_is_filled_at_the_end_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    with writing_folder(folder) as beside:
        (beside / "a").write_text("1")
        assert not folder.exists()
    with pytest.raises(KeyboardInterrupt), writing_folder(folder) as beside:
        (beside / "b").write_text("2")
        raise KeyboardInterrupt
    with writing_folder(folder) as beside:
        (beside / "a").write_text("3")
    assert [(entry.name, entry.read_text()) for entry in folder.iterdir()] == [("a", "3")]
    assert [entry.name for entry in tmp_path.iterdir()] == ["frames"]


def test_what_is_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_text("x")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        check_file(file, overwrite=False)
    with pytest.raises(OutputError, match="source itself"):
        check_file(tmp_path / "." / "a.mp4", overwrite=True, source=file)
    with pytest.raises(OutputError, match="is a folder"):
        check_file(tmp_path, overwrite=True)
    with pytest.raises(OutputExistsError, match="not empty"):
        check_folder(tmp_path, overwrite=False)
    with pytest.raises(OutputError, match="is a file"):
        check_folder(file, overwrite=True)
    check_folder(tmp_path, overwrite=True)
    check_folder(tmp_path / "new", overwrite=False)
