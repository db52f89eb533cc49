"""A picture of a training: the curves of what was learned step by step, and who was taken for whom."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reelsift.output import writing_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_training"]

HONEST, TRAINED, INK, PALE = "#0072B2", "#D55E00", "#222222", "#6B6B6B"
ROW_INCHES, WIDTH_INCHES, DOTS_PER_INCH = 3.4, 9.5, 130
MOST_NUMBERS = 12  # classes up to which every field of a confusion matrix says its number
NAME_LETTERS = 18


def plot_training(path: Path, reports: Mapping[str, Mapping[str, Any]]) -> None:
    """Draws a row for each report: left the curves of the best head that has some, right the confusions.

    Args:
        path: Where the PNG goes; one that is there is replaced.
        reports: As `TrainReport.to_dict` gives them, by what they are about.

    Raises:
        OutputError: If it cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, ROW_INCHES * len(reports) + 0.2), layout="constrained")
    axes = figure.subplots(len(reports), 2, squeeze=False)
    for (left, right), (name, report) in zip(axes, reports.items(), strict=True):
        _draw_curves(left, report, name=name)
        _draw_confusion(right, report)
    with writing_file(path) as beside, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # drawn as a box
        figure.savefig(beside, dpi=DOTS_PER_INCH, format="png", metadata={"Software": None})


def _draw_curves(axes: Axes, report: Mapping[str, Any], *, name: str) -> None:
    with_curve = [found for found in report["candidates"] if found["curve"] and found["curve"]["steps"]]
    title = f"{name}: {report['model']} on {' + '.join(report['views'])}"
    axes.set_title(title, fontsize=9, color=INK, loc="left", parse_math=False)  # names may hold dollars
    if not with_curve:
        axes.axis("off")
        axes.text(0.5, 0.5, "the heads that were tried are solved at once:\nthere are no steps to show", ha="center",
                  va="center", fontsize=9, color=PALE, transform=axes.transAxes)  # fmt: skip
        return
    found = with_curve[0]
    curve = found["curve"]
    steps, honest = np.array(curve["steps"]), np.array(curve["honest_losses"], dtype=float)
    axes.plot(steps, curve["train_losses"], color=TRAINED, label=f"{found['model']}: while it learns, with dropout")
    axes.plot(steps, honest, color=HONEST, label=f"{found['model']}: on frames held out (honest)")
    if np.isfinite(honest).any():
        best = int(np.nanargmin(honest))
        axes.axvline(steps[best], color=PALE, linewidth=0.8, linestyle=":")
        axes.annotate(f"kept: {steps[best]} steps, {honest[best]:.2f}", (steps[best], honest[best]), fontsize=8,
                      color=INK, xytext=(-6, 26), textcoords="offset points", ha="right")  # fmt: skip
    axes.set_xlabel("steps", fontsize=8)
    axes.set_ylabel("log loss", fontsize=8)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_confusion(axes: Axes, report: Mapping[str, Any]) -> None:
    names = list(report["confusion"])
    counts = np.array([[report["confusion"][true][said] for said in names] for true in names], dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    if len(names) <= MOST_NUMBERS:
        for (true, said), share in np.ndenumerate(shares):
            axes.text(said, true, f"{counts[true, said]:.0f}\n{share:.0%}", ha="center", va="center", fontsize=8,
                      color="white" if share > 0.55 else INK)  # fmt: skip
    shown = [name if len(name) <= NAME_LETTERS else name[: NAME_LETTERS - 1] + "…" for name in names]
    slant = 45 if len(names) > 4 else 0
    axes.set_xticks(
        range(len(names)), shown, fontsize=8, rotation=slant, ha="right" if slant else "center", parse_math=False
    )
    axes.set_yticks(range(len(names)), shown, fontsize=8, parse_math=False)
    axes.set_xlabel("said, in honest folds", fontsize=8)
    axes.set_ylabel("true", fontsize=8)
    axes.tick_params(length=0)
    accuracy = report["accuracy"]
    right = "nothing could be held out" if accuracy is None else f"{accuracy:.1%} right on frames not seen"
    axes.set_title(right, fontsize=9, color=INK, loc="left")
