"""How loud a film is over time, for finding where nothing is to be heard."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reelsift.media.audio import SoundReader, probe_sound
from reelsift.media.encode import SoundFormat

__all__ = ["WINDOW_SECONDS", "SoundLevels", "sound_levels"]

WINDOW_SECONDS = 0.1
_WINDOWS_AT_ONCE = 20


@dataclass(frozen=True, eq=False)
class SoundLevels:
    """How loud a film is.

    Attributes:
        start_seconds: Where the first window begins, on the film's clock.
        decibels: (W,) float32, RMS of each window of `WINDOW_SECONDS` in dBFS: 0 is a square wave at full scale, -3 a
            sine; minus infinity where there is nothing at all. Of several channels the loudest counts.
        damage: What was wrong with the first packet that could not be decoded; empty if nothing was. There is silence
            in its place, as players have it.
    """

    start_seconds: float
    decibels: NDArray[np.float32]
    damage: str = ""


def sound_levels(path: Path, *, start_seconds: float = 0.0, end_seconds: float | None = None) -> SoundLevels | None:
    """Decodes the first sound track once and measures it window by window; memory does not grow with its length.

    A constant offset, which cheap microphones have, is no sound: the mean of a window is taken off first.

    Args:
        path: A film.
        start_seconds: Where the first window begins, on the film's clock: the time stamp of its first frame.
        end_seconds: Where to stop; if not given, behind the last window in which there is anything.

    Returns:
        `None` where the film has no sound track that can be decoded.

    Raises:
        MediaError, SourceNotFoundError: As `open_film`.
    """
    probed = probe_sound(path)
    if probed is None:
        return None
    rate, layout = probed
    # A window is a whole number of samples from its rounded start to that of the next one.
    first = round(start_seconds * rate)
    count = None if end_seconds is None else max(0, int(np.ceil((end_seconds - start_seconds) / WINDOW_SECONDS)))
    powers: list[NDArray[np.float64]] = []
    done = 0
    with SoundReader(path, sound=SoundFormat(rate, layout.name, layout.nb_channels)) as reader:
        while not (reader.ended if count is None else done == count):
            windows = _WINDOWS_AT_ONCE if count is None else min(_WINDOWS_AT_ONCE, count - done)
            borders = np.rint((done + np.arange(windows + 1)) * (WINDOW_SECONDS * rate)).astype(np.int64)
            samples = reader.read(first + int(borders[0]), int(borders[-1] - borders[0]))
            powers.append(_powers(samples, borders - borders[0]))
            done += windows
        damage = reader.damage
    power = np.concatenate([np.zeros(0), *powers])
    if count is None:
        power = power[: np.flatnonzero(power)[-1] + 1 if power.any() else 0]
    with np.errstate(divide="ignore"):
        return SoundLevels(start_seconds, (10 * np.log10(power)).astype(np.float32), damage)


def _powers(samples: NDArray[np.float32], borders: NDArray[np.int64]) -> NDArray[np.float64]:
    """(W,) the power of the loudest channel of `(channels, N)` between neighbouring borders."""
    return np.array([samples[:, a:b].var(axis=1).max() for a, b in itertools.pairwise(borders)])
