"""The picture of a training: what is in it, that it is always the same, and that odd reports do not break it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from reelsift.actions.training_plot import DOTS_PER_INCH, ROW_INCHES, plot_training
from reelsift.errors import OutputError
from reelsift.models.report import Candidate, Curve, TrainReport

CURVE = Curve((20, 40, 60), (0.9, 0.5, 0.3), (0.8, 0.6, 0.7))


def report(
    *, curve: Curve | None = CURVE, classes: tuple[str, ...] = ("not Tom", "Tom"), **changes: Any
) -> dict[str, Any]:
    confusion = {true: {said: 30 if true == said else 2 for said in classes} for true in classes}
    values: dict[str, Any] = {
        "model": "regions", "views": ("regions",), "background": None, "classes": dict.fromkeys(classes, 32),
        "frames": 64, "learned_frames": 64, "balanced_accuracy": 0.9, "accuracy": 0.9, "leaky_accuracy": 0.95,
        "majority_accuracy": 0.5, "seconds": 1.0, "folds": "blocks of time", "notes": (), "confusion": confusion,
        "candidates": (Candidate("linear", ("appearance",), ""), Candidate("regions", ("regions",), "", curve=curve)),
    }  # fmt: skip
    return TrainReport(**{**values, **changes}).to_dict()


def drawn(path: Path, reports: dict[str, dict[str, Any]]) -> np.ndarray:
    plot_training(path, reports)
    assert path.read_bytes().startswith(b"\x89PNG\r\n")
    return cv2.imread(str(path))


def test_a_row_for_each_question(tmp_path: Path) -> None:
    one = drawn(tmp_path / "one.png", {"Tom": report()})
    two = drawn(tmp_path / "two.png", {"Tom": report(), "Jerry": report(classes=("not Jerry", "Jerry"))})
    assert one.shape[1] == two.shape[1]
    assert two.shape[0] - one.shape[0] == pytest.approx(ROW_INCHES * DOTS_PER_INCH, abs=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "two.png"]


def test_the_same_report_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    for name in ("one", "two"):
        plot_training(tmp_path / name, {"Tom": report()})
    plot_training(tmp_path / "other", {"Tom": report(accuracy=0.8)})
    one, two, other = ((tmp_path / name).read_bytes() for name in ("one", "two", "other"))
    assert one == two != other


def test_the_curves_are_drawn_in_their_colours(tmp_path: Path) -> None:
    def has(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
        return bool((np.abs(picture[:, : picture.shape[1] // 2].astype(int) - colour) < 12).all(axis=2).sum() > 50)

    honest, trained = (0xB2, 0x72, 0x00), (0x00, 0x5E, 0xD5)  # blue, green, red
    curves, none = drawn(tmp_path / "a", {"Tom": report()}), drawn(tmp_path / "b", {"Tom": report(curve=None)})
    assert has(curves, honest) and has(curves, trained)
    assert not has(none, honest) and not has(none, trained)


ODD = {
    "no curve": report(curve=None),
    "nothing held out": report(accuracy=None, confusion={a: dict.fromkeys("xy", 0) for a in "xy"}),
    "many classes": report(classes=tuple(f"class {n} with a rather long name" for n in range(15))),
    "signs": report(classes=("$5 & $6_{", "Ünïcöde \\ 猫"), views=("a$", "b^")),
    "losses that are not there": report(curve=Curve((20, 40), (0.9, 0.5), (None, 0.4))),
    "no honest losses": report(curve=Curve((20, 40), (0.9, 0.5), (None, None))),
    "an empty curve": report(curve=Curve((), (), ())),
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_reports_are_drawn_all_the_same(odd: str, tmp_path: Path) -> None:
    assert drawn(tmp_path / "odd.png", {odd: ODD[odd]}).std() > 0


def test_where_it_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        plot_training(tmp_path / "nowhere" / "plot.png", {"Tom": report()})
