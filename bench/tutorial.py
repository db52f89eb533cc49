"""How much faster `index --fps all` is than the way of the tutorials, with the same network.

    python bench/tutorial.py [--clips DIR] [--film mmaction2_struct.mp4] [--rounds 3]

Their way: every frame is written to a JPEG file at full size; then each picture is read, resized, and goes through the
network on its own (PyTorch, eager). Both ways start with everything loaded, and are run in turns.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from common import film, parser, seconds_of, spread

from reelsift.features.backbones import input_size_for
from reelsift.features.efficientnet_lite import EfficientNetLite0, load_efficientnet_lite0
from reelsift.project import Project
from reelsift.specs import FrameSpec, IndexSpec, Sampling, Size


def by_tutorial(path: Path, network: EfficientNetLite0) -> int:
    """Frames to files, files to vectors; gives how many."""
    with tempfile.TemporaryDirectory() as folder:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            size = input_size_for(Size(stream.width, stream.height))
            for number, frame in enumerate(container.decode(stream)):
                cv2.imwrite(f"{folder}/frame{number:06}.jpg", frame.to_ndarray(format="bgr24"))
        vectors = []
        for picture in sorted(Path(folder).iterdir()):
            pixels = cv2.cvtColor(np.asarray(cv2.imread(str(picture))), cv2.COLOR_BGR2RGB)
            small = cv2.resize(pixels, (size.width, size.height), interpolation=cv2.INTER_AREA)
            with torch.inference_mode():
                vectors.append(network(torch.from_numpy(small)[None])[0].numpy())
        return len(np.stack(vectors))


def by_reelsift(path: Path) -> int:
    """Indexes all frames into a fresh project; gives how many."""
    with tempfile.TemporaryDirectory() as folder:
        result = Project(folder).index(path, spec=IndexSpec(FrameSpec(Sampling(None))))[0]
        assert result.status == "indexed", result.error
        return result.frames


def main() -> None:
    """Runs the benchmark."""
    options = parser(__doc__)
    options.add_argument("--film", default="mmaction2_struct.mp4")
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    path = film(chosen.clips, chosen.film)
    network = load_efficientnet_lite0()
    frames = by_reelsift(path)  # nothing is compiled from here on
    network(torch.zeros((1, 192, 320, 3), dtype=torch.uint8))
    theirs, ours = [], []
    for _ in range(chosen.rounds):
        theirs.append(seconds_of(lambda: by_tutorial(path, network)))
        ours.append(seconds_of(lambda: by_reelsift(path)))
    ratios = [slow / quick for slow, quick in zip(theirs, ours, strict=True)]
    print(f"{path.name}: {frames} frames")
    print(f"the tutorial's way {frames / min(theirs):6.1f} frames/s")
    print(f"reelsift index     {frames / min(ours):6.1f} frames/s")
    print(f"times faster       {spread(ratios)}, target 5")


if __name__ == "__main__":
    main()
