"""How often the built-in tasks are right on pictures nobody here made, taught and not, and CleanVision beside them.

Run: python bench/builtin_tasks.py [--data DIR] [--seeds 3] [--cleanvision PYTHON]

Built-in: nothing taught. Taught: labels imported and learned from, in folds by scene: a linear head on the view
`quality`, as often as there are seeds (which deal scenes out to folds), and once whatever head and views win.
CleanVision (`pip install cleanvision`, in an environment of its own: PYTHON names its interpreter) judges the same
pictures by its checks for blurry, dark and light ones, at its own thresholds; where a score tells two classes apart,
also the best that any threshold on it could do here. AUC of `blur` is that of its probability or score.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from common import CLIPS, parser

from reelsift import Project
from reelsift.features.quality import quality_of
from reelsift.media.render import PictureImage
from reelsift.models.builtin_tasks import builtin_model
from reelsift.specs import IndexSpec, TrainSpec

RENAMED = {"blur": "blurred"}
CLASSES = {"exposure": ("under", "good", "over"), "blur": ("sharp", "blurred")}

CLEANVISION = """
import contextlib, json, os, sys, warnings
warnings.simplefilter("ignore")
with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
    from cleanvision import Imagelab
    found = Imagelab(filepaths=json.load(sys.stdin))
    found.find_issues({"blurry": {}, "dark": {}, "light": {}}, n_jobs=1, verbose=False)
json.dump({str(path): {k: float(v) for k, v in row.items()} for path, row in found.issues.iterrows()}, sys.stdout)
"""


@dataclass(frozen=True)
class Labelled:
    """Pictures with their true classes."""

    task: str
    paths: tuple[Path, ...]
    truth: tuple[str, ...]

    def right(self, said: Sequence[str]) -> float:
        """Share of the pictures told rightly."""
        return float(np.mean([one == other for one, other in zip(self.truth, said, strict=True)]))


def labelled(task: str, folder: Path) -> Labelled:
    """The pictures of a folder of class folders."""
    found = [(path, RENAMED.get(path.parent.name, path.parent.name)) for path in sorted(folder.glob("*/*"))]
    found = [(path, name) for path, name in found if name in CLASSES[task]]
    if not found:
        sys.exit(f"{folder}: no pictures in folders named after {', '.join(CLASSES[task])}; name the data with --data")
    return Labelled(task, *(tuple(column) for column in zip(*found, strict=True)))


def built_in(pictures: Labelled) -> None:
    """Prints what the built-in task makes of the pictures."""
    model = builtin_model(pictures.task)
    rows = []
    for path in pictures.paths:
        pixels = cv2.imread(str(path))
        if pixels is None:
            sys.exit(f"{path}: cannot be read as a picture")
        rgb = np.ascontiguousarray(pixels[..., ::-1], dtype=np.uint8)
        rows.append(quality_of(PictureImage(rgb, frame_index=0, time_seconds=0.0).luma(960)))
    chances = model.probabilities({"quality": np.array(rows)})
    said = [model.classes[number] for number in chances.argmax(axis=1)]
    own = chances[np.arange(len(chances)), [model.classes.index(name) for name in pictures.truth]]
    line = f"built-in: {pictures.right(said):.3f}, log loss {-np.log(own).mean():.3f}"
    if pictures.task == "blur":
        line += f", AUC {area_under_curve(chances[:, 1], np.array(pictures.truth) == 'blurred'):.3f}"
    print(f"{line}; {mistakes(pictures, said)}", flush=True)


def taught(pictures: Labelled, source: Path, seeds: int) -> None:
    """Prints what honest folds say of models that learned from the pictures."""
    with tempfile.TemporaryDirectory() as scratch:
        project = Project(scratch)
        project.import_labels(source, task=pictures.task, names=RENAMED if pictures.task == "blur" else None)
        for seed in range(seeds):
            spec, index = TrainSpec(model="linear", seed=seed), IndexSpec(views=("quality",))
            print(f"taught, linear on quality, seed {seed}: {scores(project, pictures.task, spec, index)}", flush=True)
        if seeds:
            print(f"taught as reelsift train does: {scores(project, pictures.task, TrainSpec(), None)}", flush=True)


def scores(project: Project, task: str, spec: TrainSpec, index: IndexSpec | None) -> str:
    """Trains, and says what the honest folds found."""
    report = project.train(task, spec=spec, index=index).summary
    best = report["candidates"][0]
    return (
        f"{report['accuracy']:.3f}, log loss {best['log_loss']:.3f} ({report['model']} on {'+'.join(report['views'])}, "
        f"folds by {report['folds']})"
    )


def cleanvision(pictures: Labelled, python: str) -> None:
    """Prints what CleanVision makes of the pictures."""
    paths = [str(path) for path in pictures.paths]
    done = subprocess.run([python, "-c", CLEANVISION], input=json.dumps(paths), capture_output=True, text=True)
    if done.returncode:
        print(f"CleanVision: not measured, {done.stderr.strip().splitlines()[-1]}")
        return
    rows = [json.loads(done.stdout)[path] for path in paths]
    if pictures.task == "blur":
        said = ["blurred" if row["is_blurry_issue"] else "sharp" for row in rows]
        scores, positive = -np.array([row["blurry_score"] for row in rows]), np.array(pictures.truth) == "blurred"
        best = max(float(np.mean((scores >= limit) == positive)) for limit in scores)
        further = f", AUC {area_under_curve(scores, positive):.3f}, the best threshold here {best:.3f}"
    else:
        said = ["under" if row["is_dark_issue"] else "over" if row["is_light_issue"] else "good" for row in rows]
        further = ""
    print(f"CleanVision: {pictures.right(said):.3f}{further}; {mistakes(pictures, said)}", flush=True)


def area_under_curve(scores: np.ndarray, positive: np.ndarray) -> float:
    """The chance that a positive one scores higher than another; half where they are equal."""
    above, below = scores[positive][:, None], scores[~positive][None]
    return float(((above > below) + 0.5 * (above == below)).mean())


def mistakes(pictures: Labelled, said: Sequence[str]) -> str:
    """What was taken for what, and how often."""
    wrong = Counter(pair for pair in zip(pictures.truth, said, strict=True) if pair[0] != pair[1])
    return ", ".join(f"{count} {one} taken for {other}" for (one, other), count in wrong.most_common()) or "no mistakes"


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--data", type=Path, default=CLIPS.parent, metavar="DIR", help=f"default: {CLIPS.parent}")
    arguments.add_argument("--seeds", type=int, default=3, help="how often to teach; 0: not at all")
    arguments.add_argument("--cleanvision", default=sys.executable, metavar="PYTHON", help="default: this interpreter")
    arguments.add_argument("--tasks", nargs="+", choices=tuple(CLASSES), default=tuple(CLASSES))
    options = arguments.parse_args()
    for task in options.tasks:
        folder = options.data / task
        pictures = labelled(task, folder)
        counts = Counter(pictures.truth)
        print(f"{task}: {', '.join(f'{counts[name]} {name}' for name in CLASSES[task])}", flush=True)
        built_in(pictures)
        cleanvision(pictures, options.cleanvision)
        table = folder / "index.csv"
        taught(pictures, table if table.exists() else folder, options.seeds)


if __name__ == "__main__":
    main()
