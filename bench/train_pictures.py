"""How long training on a few hundred labelled pictures takes, all heads tried, and what it is worth.

Run: python bench/train_pictures.py [--table mapping.csv --root frames/ --background CLASS]

Each run in a session of its own, imports included: with no features stored; with all stored; with linear heads alone on
stored features. Beside it: reading and decoding the pictures, nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import CLIPS, parser

TOM_JERRY = CLIPS.parent / "tom_jerry"


def session(folder: Path, model: str, background: str) -> None:
    """Prints what one training takes; nothing of reelsift is imported when the clock starts."""
    started = time.perf_counter()
    from reelsift import Project, TrainSpec

    spec = TrainSpec(model=model, background=background or None)  # type: ignore[arg-type]
    report = Project(folder).train("task", spec=spec).summary
    print(
        f"{time.perf_counter() - started:.1f} s: {report['model']} on {' + '.join(report['views'])}, honest accuracy "
        f"{report['accuracy']:.3f}, balanced {report['balanced_accuracy']:.3f}, leaky {report['leaky_accuracy']:.3f}",
        flush=True,
    )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--table", type=Path, default=TOM_JERRY / "mapping.csv")
    arguments.add_argument("--root", type=Path, default=TOM_JERRY / "frames")
    arguments.add_argument("--background", default="0")
    arguments.add_argument("--session", nargs=2, metavar=("PROJECT", "MODEL"), help="used by itself")
    options = arguments.parse_args()
    if options.session:
        session(Path(options.session[0]), options.session[1], options.background)
        return
    import cv2

    from reelsift import Project

    pictures = sorted(options.root.iterdir())
    started = time.perf_counter()
    for picture in pictures:
        cv2.imread(str(picture))
    print(f"decoding {len(pictures)} pictures: {time.perf_counter() - started:.1f} s", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        Project(scratch).import_labels(options.table, task="task", root=options.root)
        for what, model in (("auto, nothing stored", "auto"), ("auto, stored", "auto"), ("linear, stored", "linear")):
            print(what, end=": ", flush=True)
            line = [sys.executable, __file__, "--session", scratch, model, "--background", options.background]
            subprocess.run(line, check=True)


if __name__ == "__main__":
    main()
