"""The linear head: standardised views side by side, one weight a class and column; predicting needs numpy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import ModelError
from reelsift.models.logistic import LogisticFit

__all__ = ["CHUNK_ROWS", "LinearHead", "ViewSpace", "checked_tables", "fit_space"]

FloatArray = NDArray[np.float64]

CHUNK_ROWS = 4096  # rows turned to float32 at a time, so that memory stays small on long films
EXACT_SIZE = 512  # up to this many rows or columns the rotation is exact; above, the first COMPONENTS are kept
COMPONENTS = 256
LEAST_SCALE = (
    0.1  # of a view's lower quartile: a column that never moved among the labels may not explode on new frames
)


@dataclass(frozen=True, eq=False)
class ViewSpace:
    """A view, standardised and turned onto its principal components.

    An L2 penalty does not see rotations, so with N examples of D columns, N < D, a fit on at most N components is the
    fit on all columns, and much faster. Columns are divided by `scale` so that each view has rows of mean length 1:
    views of 100 and of 1280 columns weigh the same.

    Attributes:
        mean: (D,).
        scale: (D,) positive.
        components: (D, R) orthonormal columns.
        coordinates: (N, R) the examples.
    """

    mean: FloatArray
    scale: FloatArray
    components: FloatArray
    coordinates: FloatArray


def fit_space(values: NDArray[Any], *, seed: int = 0) -> ViewSpace:
    """The space of a view; no labels are used.

    Args:
        values: (N, D).
        seed: For the random directions of large problems (Halko, Martinsson and Tropp 2011, algorithm 4.4).
    """
    table = np.asarray(values, dtype=np.float64)
    mean, spread = table.mean(axis=0), table.std(axis=0)
    moving = spread[spread > 1e-9]
    floor = LEAST_SCALE * float(np.quantile(moving, 0.25)) if len(moving) else 1.0
    scale = np.maximum(spread, floor)
    table = (table - mean) / scale
    length = np.sqrt(max(float((table**2).sum(axis=1).mean()), 1e-12))
    table, scale = table / length, scale * length
    if min(table.shape) > EXACT_SIZE:
        directions = np.random.default_rng(seed).standard_normal((table.shape[1], COMPONENTS + 16))
        for _ in range(2):
            directions = table.T @ np.linalg.qr(table @ directions)[0]
        basis = np.linalg.qr(table @ directions)[0]
        components = _right_vectors(basis.T @ table)[:, :COMPONENTS]
    else:
        components = _right_vectors(table)
    return ViewSpace(mean=mean, scale=scale, components=components, coordinates=table @ components)


def _right_vectors(table: FloatArray) -> FloatArray:
    """(D, R) right singular vectors, largest first, null space left out: eigenvectors of the smaller Gram matrix."""
    rows, columns = table.shape
    squares, vectors = np.linalg.eigh(table @ table.T if rows < columns else table.T @ table)
    kept = np.flatnonzero(squares > 1e-10 * max(float(squares[-1]), 1e-12))[::-1]
    if len(kept) == 0:
        return np.zeros((columns, 1))
    vectors = vectors[:, kept]
    return np.asarray(table.T @ vectors / np.sqrt(squares[kept]) if rows < columns else vectors)


@dataclass(frozen=True, eq=False)
class LinearHead:
    """Logits of C classes from views with D columns in all: `((x - mean) / scale) @ weights.T + bias`.

    Attributes:
        widths: Names of the views in the order of their columns, with the number of columns of each.
        weights: (C, D) float32.
        bias: (C,) float32.
        mean: (D,) float32.
        scale: (D,) float32, positive.

    Raises:
        ModelError: If the arrays do not fit each other.
    """

    kind: ClassVar[str] = "linear"

    widths: tuple[tuple[str, int], ...]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    def __post_init__(self) -> None:
        columns = sum(width for _, width in self.widths)
        classes = len(self.bias)
        shapes = {"weights": (classes, columns), "bias": (classes,), "mean": (columns,), "scale": (columns,)}
        for name, shape in shapes.items():
            values = getattr(self, name)
            if values.shape != shape:
                raise ModelError(f"{name} of a linear head have the shape {shape}, not {values.shape}")
            if not np.isfinite(values).all():
                raise ModelError(f"{name} of a linear head are finite numbers: train the model again")
        if not (self.scale > 0).all():
            raise ModelError("scale of a linear head is above 0: train the model again")

    @classmethod
    def from_fit(cls, fit: LogisticFit, *, spaces: Mapping[str, ViewSpace], views: Sequence[str]) -> LinearHead:
        """Turns weights on components, the views one after the other, back into weights on columns."""
        chosen = [spaces[name] for name in views]
        ends = np.cumsum([space.components.shape[1] for space in chosen])
        parts = np.split(fit.weights, ends[:-1], axis=1)
        weights = [part @ space.components.T for part, space in zip(parts, chosen, strict=True)]
        return cls(
            widths=tuple((name, len(spaces[name].mean)) for name in views),
            weights=np.concatenate(weights, axis=1).astype(np.float32),
            bias=fit.bias.astype(np.float32),
            mean=np.concatenate([space.mean for space in chosen]).astype(np.float32),
            scale=np.concatenate([space.scale for space in chosen]).astype(np.float32),
        )

    @property
    def views(self) -> tuple[str, ...]:
        """Names of the views it looks at."""
        return tuple(name for name, _ in self.widths)

    @property
    def class_count(self) -> int:
        """C."""
        return len(self.bias)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What the model file keeps as arrays."""
        return {name: getattr(self, name) for name in ("weights", "bias", "mean", "scale")}

    def settings(self) -> dict[str, Any]:
        """What the model file keeps as JSON."""
        return {"views": [[name, width] for name, width in self.widths]}

    @classmethod
    def from_parts(cls, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> LinearHead:
        """The head that gave `settings` and `arrays`."""
        widths = tuple((str(name), int(width)) for name, width in settings["views"])
        return cls(widths, arrays["weights"], arrays["bias"], arrays["mean"], arrays["scale"])

    def logits(self, views: Mapping[str, NDArray[Any]], *, times_seconds: FloatArray | None = None) -> FloatArray:
        """(N, C) logits.

        Args:
            views: By name, (N, D_view) of any float type; views the head does not use are passed over.
            times_seconds: Of no matter: each frame is judged by itself.

        Raises:
            ModelError: If a view is missing, has another width, or holds values that are not finite.
        """
        tables = checked_tables(views, self.widths)
        # Standardising is linear too, so it goes into the weights: one product a view, no copy of the frames.
        scaled = (self.weights / self.scale).T
        offset = self.bias - (self.mean / self.scale).astype(np.float64) @ self.weights.T.astype(np.float64)
        logits = np.tile(offset, (len(tables[0]), 1))
        end = 0
        for table, (_, width) in zip(tables, self.widths, strict=True):
            part, end = scaled[end : end + width], end + width
            for row in range(0, len(table), CHUNK_ROWS):
                logits[row : row + CHUNK_ROWS] += table[row : row + CHUNK_ROWS].astype(np.float32) @ part
        if not np.isfinite(logits).all():
            frame = int(np.argmin(np.isfinite(logits).all(axis=1)))
            raise ModelError(f"the features of sampled frame {frame} are not finite numbers: index the source again")
        return logits


def checked_tables(views: Mapping[str, NDArray[Any]], widths: Sequence[tuple[str, int]]) -> list[NDArray[Any]]:
    """The views a head looks at, as tables of as many rows.

    Args:
        views: By name.
        widths: The names wanted, with the number of columns of each.

    Raises:
        ModelError: If a view is missing, has another width, or another number of rows than the first.
    """
    tables = [_checked(views, name, width) for name, width in widths]
    if len({len(table) for table in tables}) > 1:
        raise ModelError("the views of a source have different numbers of frames: index it again")
    return tables


def _checked(views: Mapping[str, NDArray[Any]], name: str, width: int) -> NDArray[Any]:
    if name not in views:
        raise ModelError(f"the model looks at the view '{name}', which is not among {', '.join(views) or 'the views'}")
    table = views[name] if hasattr(views[name], "ndim") else np.asarray(views[name])  # rows on disk stay there
    if table.ndim != 2 or table.shape[1] != width:
        raise ModelError(
            f"the model was trained on '{name}' with {width} columns, not on an array of shape {table.shape}: "
            "index the source with the model's own backbone and views"
        )
    return table
