"""Reading pictures: upright, RGB, and going on behind damaged ones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from films import numbered
from reelsift.errors import MediaError, SourceNotFoundError
from reelsift.media.picture_reader import read_picture, read_pictures


def write(path: Path, picture: np.ndarray) -> Path:
    path.write_bytes(cv2.imencode(path.suffix, picture)[1].tobytes())
    return path


def test_red_is_red(tmp_path: Path) -> None:
    rgb = numbered(3)
    path = write(tmp_path / "bild ä.png", rgb[..., ::-1])
    assert np.array_equal(read_picture(path), rgb)


def test_grey_16_bit_and_transparent_pictures_come_as_8_bit_rgb(tmp_path: Path) -> None:
    grey = np.full((4, 6), 40_000, np.uint16)
    transparent = np.dstack([numbered(3)[..., ::-1], np.zeros((48, 64), np.uint8)])
    for path in (write(tmp_path / "grey.png", grey), write(tmp_path / "transparent.png", transparent)):
        picture = read_picture(path)
        assert (picture.dtype, picture.shape[2]) == (np.uint8, 3)
    assert np.array_equal(read_picture(tmp_path / "transparent.png"), numbered(3))


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    rgb = numbered(0)
    plain = cv2.imencode(".jpg", np.rot90(rgb, 1)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # 6: turn clockwise to see it
    path = tmp_path / "phone.jpg"
    path.write_bytes(plain[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + plain[2:])
    picture = read_picture(path)
    assert picture.shape == rgb.shape
    assert np.abs(picture.astype(int) - rgb).mean() < 12


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("not a picture")
    for name in ("empty.png", "text.png"):
        with pytest.raises(MediaError, match=f"{name}: not a picture, or damaged"):
            read_picture(tmp_path / name)
    with pytest.raises(SourceNotFoundError, match=r"gone\.png: no such picture"):
        read_picture(tmp_path / "gone.png")


def test_reading_many_keeps_the_order_and_goes_on_behind_errors(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.png", np.full((4, 4, 3), n, np.uint8)) for n in range(20)]
    paths[7].write_text("damaged")
    found = list(read_pictures(paths))
    assert [error for error in found if isinstance(error, MediaError)] == [found[7]]
    assert [int(picture[0, 0, 0]) for picture in found if isinstance(picture, np.ndarray)] == [
        n for n in range(20) if n != 7
    ]


def test_pictures_are_read_only_a_few_ahead(tmp_path: Path) -> None:
    asked: list[int] = []

    def paths() -> object:
        for n in range(100):
            asked.append(n)
            yield write(tmp_path / f"{n}.png", np.zeros((2, 2, 3), np.uint8))

    pictures = read_pictures(paths())  # type: ignore[arg-type]
    next(pictures)
    assert len(asked) < 10
    pictures.close()  # type: ignore[attr-defined]
