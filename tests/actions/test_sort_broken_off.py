"""Sorting that is killed, or meets a full disk, at each single call that changes anything; see `broken_sorting.py`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

KILLED = (
    *("link", "copy", "move", "plain move", "fat move", "across move", "again copy", "again move"),
    *("undo copy", "undo move", "plain undo move", "undo across move"),
)


@pytest.mark.parametrize("scenario", KILLED)
def test_a_run_killed_at_any_call_is_put_right(tmp_path: Path, scenario: str) -> None:
    assert _broken(tmp_path, scenario, "kill")["broken"] >= 30


@pytest.mark.parametrize("how", ["fail", "fail on"])
@pytest.mark.parametrize("scenario", ["copy", "across move", "undo across move"])
def test_a_disk_that_fills_up_at_any_call_loses_nothing(tmp_path: Path, scenario: str, how: str) -> None:
    assert _broken(tmp_path, scenario, how)["broken"] >= 30


def _broken(folder: Path, scenario: str, how: str) -> dict[str, Any]:
    program = Path(__file__).with_name("broken_sorting.py")
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else folder) as root:
        command = [sys.executable, str(program), f"{root}/root", scenario, how]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["found"] == []
    return said
