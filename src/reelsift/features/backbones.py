"""Backbones: pretrained networks that turn a picture into a vector, run by OpenVINO on the processor."""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reelsift.errors import SpecError
from reelsift.specs import Size

if TYPE_CHECKING:
    import openvino

__all__ = ["BACKBONES", "Backbone", "Network", "backbone_named", "input_size_for", "open_queue"]

_MULTIPLE = 32
_PIXELS = 320 * 192


@dataclass(frozen=True)
class Network:
    """Something that looks at pictures.

    Attributes:
        name: Name of its file in the cache.
        digest: Digest of its weights, part of that name.
        load: Gives it as a PyTorch module that takes `(N, H, W, 3)` RGB uint8.
    """

    name: str
    digest: str
    load: Callable[[], Any]


@dataclass(frozen=True)
class Backbone:
    """A pretrained network and what is used of it.

    Attributes:
        name: As users name it.
        width: Length of its vector.
        vector: Gives the vector `(N, width)`.
        regions: Gives its mid-level map `(N, height / 16, width / 16, REGION_WIDTH)`; see `regions.py`.
    """

    name: str
    width: int
    vector: Network
    regions: Network


def _load_efficientnet_lite0() -> Any:
    from reelsift.features.efficientnet_lite import load_efficientnet_lite0

    return load_efficientnet_lite0()


def _load_efficientnet_lite0_regions() -> Any:
    from reelsift.features.region_network import load_efficientnet_lite0_regions

    return load_efficientnet_lite0_regions()


BACKBONES = {
    "efficientnet_lite0": Backbone(
        "efficientnet_lite0",
        1280,
        vector=Network("efficientnet_lite0", "579344248a93e230", _load_efficientnet_lite0),
        regions=Network("efficientnet_lite0-regions", "579344248a93e230-1", _load_efficientnet_lite0_regions),
    ),
}


def backbone_named(name: str) -> Backbone:
    """Raises:
    SpecError: If there is no such backbone; the message names those there are.
    """
    if name not in BACKBONES:
        raise SpecError(f"'{name}' is not a backbone: use {', '.join(BACKBONES)}")
    return BACKBONES[name]


@lru_cache(maxsize=64)
def input_size_for(size: Size, *, pixels: int = _PIXELS) -> Size:
    """The size a network sees for pictures of `size`: their shape, about `pixels` pixels, sides multiples of 32.

    Worked case: 1280x720 gives 320x192, 640x480 gives 288x224, 1080x1920 gives 192x320.
    """
    aspect = min(8.0, max(1 / 8, size.width / size.height))
    best, best_cost = Size(_MULTIPLE, _MULTIPLE), float("inf")
    for columns in range(1, 33):
        for rows in range(1, 33):
            shape_error = abs(np.log(columns / rows / aspect))
            area_error = abs(np.log(columns * rows * _MULTIPLE**2 / pixels))
            if (cost := 2 * shape_error + area_error) < best_cost:
                best, best_cost = Size(columns * _MULTIPLE, rows * _MULTIPLE), cost
    return best


def open_queue(
    network: Network,
    *,
    size: Size,
    done: Callable[[int, NDArray[np.float32]], None],
    waiting: int = 0,
    threads: int = 0,
) -> openvino.AsyncInferQueue:
    """A queue of requests for pictures of `size`.

    Args:
        done: Called with the number a request was started with, and its output, which is overwritten afterwards.
        waiting: Requests that may wait behind those that are worked on; `start_async` blocks when there are more.
    """
    import openvino

    def take(request: openvino.InferRequest, number: int) -> None:
        done(number, request.get_output_tensor(0).data[0])

    compiled = _compiled(network, size, threads)
    at_once = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
    queue = openvino.AsyncInferQueue(compiled, at_once + waiting)
    queue.set_callback(take)
    return queue


@lru_cache(maxsize=8)
def _compiled(network: Network, size: Size, threads: int) -> openvino.CompiledModel:
    import openvino
    from openvino import properties as settings

    core = openvino.Core()
    model = _openvino_model(core, network)
    model.reshape([1, size.height, size.width, 3])
    capabilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return core.compile_model(
        model,
        "CPU",
        {
            settings.hint.performance_mode: settings.hint.PerformanceMode.THROUGHPUT,
            # bfloat16 where the processor has it: 2 times faster, cosine to float32 0.998.
            settings.hint.inference_precision: "bf16" if "BF16" in capabilities else "f32",
            settings.inference_num_threads: threads or len(os.sched_getaffinity(0)),
        },
    )


def _openvino_model(core: openvino.Core, network: Network) -> openvino.Model:
    """The network as OpenVINO has it: converted once, then kept in the user's cache folder, which may be deleted."""
    import openvino
    import platformdirs

    version = hashlib.sha256(f"{openvino.__version__} {network.digest}".encode()).hexdigest()[:10]
    folder = Path(os.environ.get("REELSIFT_CACHE") or platformdirs.user_cache_dir("reelsift", appauthor=False))
    cached = folder / f"{network.name}-{version}.xml"
    if cached.exists():
        try:
            return core.read_model(cached)
        except RuntimeError:
            pass  # left damaged by something else: made again below
    with warnings.catch_warnings():
        # OpenVINO traces the network in a way that PyTorch calls deprecated: nothing a user could do about.
        warnings.simplefilter("ignore", DeprecationWarning)
        model = openvino.convert_model(network.load(), input=[(-1, -1, -1, 3)], example_input=_example())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as beside:
            fresh = Path(beside) / cached.name
            openvino.save_model(model, fresh, compress_to_fp16=False)
            fresh.with_suffix(".bin").replace(cached.with_suffix(".bin"))
            fresh.replace(cached)
    except OSError:
        pass  # nowhere to keep it: converting takes two seconds every time
    return model


def _example() -> Any:
    import torch

    return torch.zeros((1, 192, 320, 3), dtype=torch.uint8)
