"""The numbers of a workload: weights and inputs that all peers read, and how far apart their results are."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np

from networks import NETWORKS

ROOT = Path(__file__).resolve().parent.parent


def write(network: str, batch: int, folder: Path) -> None:
    """Write ``weights.npz`` and ``inputs.npz`` into a folder; a network always gets the same numbers."""
    sys.path.insert(0, str(ROOT / "src"))
    from backends.symbolic import compose

    symbol, packed = compose(network, training=False)
    declared = NETWORKS[network]
    inputs = declared.inputs(batch)
    shapes, outputs, states = symbol.infer_shape(**inputs)
    named = dict(zip(symbol.list_arguments(), shapes)) | dict(zip(symbol.list_auxiliary_states(), states))
    for name, parts in packed.items():
        del named[name]
        named.update(parts)
    rng = np.random.default_rng(0)
    weights = {
        name: weight(rng, name, shape, declared.identity)
        for name, shape in named.items()
        if name not in inputs
    }
    np.savez(folder / "weights.npz", **weights)
    if declared.values is not None:
        values = declared.values(rng)
    else:
        values = {name: signal(rng, name, shape, declared.words) for name, shape in inputs.items()}
        values["label"] = rng.integers(outputs[0][1], size=outputs[0][0], dtype="int32")
    np.savez(folder / "inputs.npz", **values)


def weight(rng: np.random.Generator, name: str, shape: tuple[int, ...], identity: bool) -> np.ndarray:
    """Draw one parameter so that signals keep their size: by He for matrices, near one or zero otherwise."""
    values = rng.standard_normal(shape, dtype="float32")
    if name.endswith("_weight"):
        if identity:
            return np.eye(*shape, dtype="float32") + 0.01 * values
        return values * math.sqrt(2 / math.prod(shape[1:]))
    if name.endswith(("_gamma", "_moving_var")):
        return np.exp(0.1 * values)
    return 0.1 * values


def signal(rng: np.random.Generator, name: str, shape: tuple[int, ...], words: int) -> np.ndarray:
    """Draw one input: numbers of words, initial states of zero, anything else as pixels."""
    if name == "words":
        return rng.integers(words, size=shape, dtype="int32")
    return (
        np.zeros(shape, "float32")
        if name in {"state", "memory"}
        else rng.standard_normal(shape, dtype="float32")
    )


def difference(path: Path, reference: Path) -> float:
    """Return the largest relative difference of any array, by norm; infinite if one is missing.

    An array that is but rounding errors beside the others is measured against the largest of them.
    """
    with np.load(path) as ours, np.load(reference) as theirs:
        if set(ours.files) != set(theirs.files):
            return float("inf")
        norms = {name: float(np.linalg.norm(theirs[name])) for name in theirs.files}
        floor = 1e-6 * max(norms.values())
        return max(float(np.linalg.norm(ours[n] - theirs[n])) / max(norms[n], floor) for n in norms)
