"""Times as people write them."""

from __future__ import annotations

import re

from reelsift.errors import LabelError

__all__ = ["parse_time"]

_SECONDS = re.compile(r"([+-]?)((?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_CLOCK = re.compile(r"([+-]?)(?:([0-9]+):)?([0-9]+):([0-9]{1,2}(?:\.[0-9]*)?)")
_LONGEST_SECONDS = 1e9  # some 30 years: beyond it stands a typing error, or a float that has become infinite


def parse_time(text: str) -> float:
    """Seconds from `12.5`, `mm:ss.fff` or `hh:mm:ss.fff`.

    A comma may stand for the decimal point, as in subtitles and in tables from half of Europe. A minus is allowed,
    because films may begin before zero.

    Args:
        text: The time as written; white space around it is ignored.

    Returns:
        The time in seconds.

    Raises:
        LabelError: If the text is not a time, or has 60 or more seconds (or minutes) beside minutes (or hours).
    """
    written = text.strip().replace(",", ".")
    if plain := _SECONDS.fullmatch(written):
        sign, magnitude = plain[1], float(plain[2])
    elif clock := _CLOCK.fullmatch(written):
        sign, hours, minutes, seconds = clock[1], int(clock[2] or 0), int(clock[3]), float(clock[4])
        if seconds >= 60 or (clock[2] and minutes >= 60):
            raise LabelError(f"'{text}' is not a time: minutes and seconds go from 0 to 59 in hh:mm:ss")
        magnitude = 3600 * hours + 60 * minutes + seconds
    else:
        raise LabelError(f"'{text}' is not a time: give seconds (12.5), mm:ss.fff or hh:mm:ss.fff")
    if magnitude > _LONGEST_SECONDS:
        raise LabelError(f"'{text}' is not a time any film can have")
    return -magnitude if sign == "-" else magnitude
