"""The package is light until a film is asked for."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_demo_loads_neither_opencv_nor_pyav() -> None:
    code = "import sys, reelsift.demo; print([m for m in ('cv2', 'av', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
