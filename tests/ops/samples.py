"""The samples that drive the tests of every operator: recorded MXNet cases, and rows written here for what has none.

A row is all an engineer writes to have a new operator tested: its parameters, and the shapes (or values) of its inputs.
"""

from __future__ import annotations

import ast
import functools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mxnet.ir.op import REGISTRY, Op

RECORDED = Path(__file__).parent.parent / "golden" / "ops"


@dataclass(frozen=True)
class Sample:
    """One call of an operator."""

    op: str
    params: dict[str, Any]
    inputs: tuple[np.ndarray, ...]
    aux: tuple[np.ndarray, ...] = ()
    smooth: tuple[str, ...] = ()
    """The inputs for which the gradient is the derivative of the forward pass."""
    label: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.label or f"{self.op}-{self.params}"

    @property
    def bound(self) -> Op:
        """The operator with its parameters."""
        cls = REGISTRY[self.op]
        counted = {cls.variadic: len(self.inputs)} if cls.variadic in cls.params else {}
        return cls.make(**counted | self.params)


def _row(op: str, *shapes: tuple[int, ...], smooth: tuple[str, ...] = (), **params: Any) -> Sample:
    random = np.random.default_rng(7)
    inputs = tuple(random.uniform(0.2, 0.9, shape).astype("float32") for shape in shapes)
    return Sample(op, params, inputs, smooth=smooth)


ROWS: tuple[Sample, ...] = (
    _row("_zeros", shape=(2, 3)),
    _row("_zeros_without_dtype", shape=(2, 3), dtype=1),
    _row("_ones", shape=(2, 3), dtype="int32"),
    _row("_full", shape=(2, 3), value=2.5, dtype="float16"),
    _row("_arange", start=2, stop=8, step=1.5, repeat=2),
    _row("_linspace", start=0, stop=1, num=5, endpoint=False),
    _row("_eye", N=3, M=4, k=1),
    _row("fill_element_0index", (4, 3), (4,), (4,), smooth=("lhs", "mhs")),
    _row("khatri_rao", (2, 3), (4, 3), (2, 3), smooth=("arg0", "arg1", "arg2")),
    _row("_scatter_set_nd", (3, 4), (1, 4), (1, 1), shape=(3, 4), smooth=("lhs", "rhs")),
    _row("_slice_assign", (4, 5), (2, 2), begin=(3, 1), end=(1, 5), step=(-1, 2), smooth=("lhs", "rhs")),
    _row("_slice_assign_scalar", (4, 5), begin=(1,), end=(3,), scalar=2.5, smooth=("data",)),
)
"""Samples of operators that real MXNet cannot be asked about in this form."""


@functools.cache
def recorded_samples() -> tuple[Sample, ...]:
    """Return the recorded forward cases whose operator is called in the plain way."""
    samples = []
    for path in sorted(RECORDED.glob("[!_]*.json")):
        cases = json.loads(path.read_text())["cases"]
        arrays = np.load(path.with_suffix(".npz"))
        for case in cases:
            if case["kind"] == "forward" and "expr" not in case and (op := _registered(case["op"])):
                samples.append(_sample(case, op, arrays))
    return tuple(samples)


def _registered(path: str) -> str | None:
    """Return the registered name for a public path such as ``contrib.box_nms``."""
    module, _, name = path.rpartition(".")
    candidates = [name, f"_{module}_{name}"] if module else [name]
    return next((each for each in candidates if each in REGISTRY), None)


def _sample(case: dict[str, Any], op: str, arrays: Any) -> Sample:
    derivative = case.get("grad_is_derivative", {})
    return Sample(
        op,
        {key: ast.literal_eval(value) for key, value in case["attrs"].items()},
        tuple(arrays[f"{case['id']}/in/{slot['name']}"] for slot in case["inputs"]),
        tuple(arrays[f"{case['id']}/aux/{slot['name']}"] for slot in case["aux"]),
        tuple(name for name in case["grad"] if derivative.get(name) is True),
        case["id"],
    )
