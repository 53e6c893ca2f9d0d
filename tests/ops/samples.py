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


def _row(op: str, *shapes: tuple[int, ...] | str, smooth: tuple[str, ...] = (), **params: Any) -> Sample:
    """Make a sample; a dtype among the shapes is that of the inputs after it."""
    random = np.random.default_rng(7)
    inputs = []
    dtype = "float32"
    for each in shapes:
        if isinstance(each, str):
            dtype = each
        else:
            inputs.append(random.uniform(0.2, 0.9, each).astype(dtype))
    return Sample(op, params, tuple(inputs), smooth=smooth)


_BINARY = (
    "mod",
    "power",
    "maximum",
    "minimum",
    "hypot",
    "grad_add",
    "scatter_elemwise_div",
    "identity_with_attr_like_rhs",
)
_TRUTHS = (
    *("equal", "not_equal", "greater", "greater_equal", "lesser", "lesser_equal"),
    *("logical_and", "logical_or", "logical_xor"),
)
_WITH_SCALAR = (
    *("plus", "minus", "rminus", "mul", "div", "rdiv", "rmod", "rpower"),
    *("scatter_plus", "scatter_minus"),
)


def _twice(states: int, *shared: tuple[int, ...]) -> list[tuple[int, ...] | str]:
    """Return the shapes of two weights, their gradients and states; in mixed precision if `states` is negative."""
    low = "float16" if states < 0 else "float32"
    each: list[tuple[int, ...] | str] = [low, (2, 3), (2, 3), "float32", *[(2, 3)] * abs(states)]
    return [*each, *each, *shared]


# How many parameters each distribution has.
DISTRIBUTIONS = {
    "uniform": 2,
    "normal": 2,
    "gamma": 2,
    "exponential": 1,
    "poisson": 1,
    "negative_binomial": 2,
    "generalized_negative_binomial": 2,
}
# Optimizer updates, with the number of their inputs.
UPDATES: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("sgd_update", 2, {}),
    ("sgd_mom_update", 3, {}),
    ("nag_mom_update", 3, {}),
    ("signsgd_update", 2, {}),
    ("signum_update", 3, {}),
    ("adam_update", 4, {}),
    ("ftml_update", 5, {"t": 2}),
    ("ftrl_update", 4, {}),
    ("rmsprop_update", 3, {}),
    ("rmspropalex_update", 5, {}),
    ("_sparse_adagrad_update", 3, {}),
)
# Those in mixed precision, with the number of their inputs of single precision.
MASTERED = (("sgd_update", 1), ("sgd_mom_update", 2), ("nag_mom_update", 2))
MULTI: tuple[tuple[str, int], ...] = (
    ("multi_sgd_update", 0),
    ("multi_sgd_mom_update", 1),
    ("multi_mp_sgd_update", -1),
    ("multi_mp_sgd_mom_update", -2),
)
FACTORS = ("brightness", "contrast", "saturation", "hue")
# The shapes of what describes a Hawkes process and its events.
HAWKES = ((3, 2), (2,), (2,), (3, 2), (3, 4), "int32", (3, 4), "float32", (3,), (3,))
TWO_RATES = {"lrs": (0.1, 0.2), "wds": (0, 0.1)}
TWO_LEARNING_RATES = {"learning_rates": (0.1, 0.2), "wds": (0, 0.1)}
# Convolutions of lines and volumes, which no change of layout makes others of.
WEIGHED = ("data", "weight", "bias")
FILTERED = (
    ("Convolution", (4, 3), (30,), (5,), (2,)),
    ("Convolution_v1", (4, 3), (3, 4, 9), (2, 3, 2), (1, 1, 1)),
    ("Deconvolution", (6, 2), (30,), (5,), (2,)),
)

ROWS: tuple[Sample, ...] = (
    _row("_histogram", (3, 4), bin_cnt=4, range=(0.0, 1.0)),
    _row("_zeros", shape=(2, 3)),
    *(
        _row(
            name,
            (2, 6, *space),
            (*weight, *kernel),
            (4,),
            kernel=kernel,
            num_filter=4,
            num_group=2,
            stride=stride,
            pad=(3,) * len(kernel),
            no_bias=False,
            smooth=WEIGHED,
        )
        for name, weight, space, kernel, stride in FILTERED
    ),
    _row("_rnn_param_concat", (4,), (3,), dim=0, smooth=("arg0", "arg1")),
    _row("_split_v2", (4, 6), indices=(0, 2), axis=1, smooth=("data",)),
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
    *(_row(f"_{name}", (2, 3), (2, 3), smooth=("lhs", "rhs")) for name in _BINARY + _TRUTHS),
    *(
        _row(f"_{name}_scalar", (2, 3), scalar=0.34, smooth=("data",))
        for name in _WITH_SCALAR + _BINARY[:5] + _TRUTHS
    ),
    *(_row(f"_random_{name}", shape=(3, 4)) for name in DISTRIBUTIONS),
    *(_row(f"_random_{name}", shape=(3, 4), dtype="float16") for name in DISTRIBUTIONS),
    *(_row(f"_random_{name}_like", "float64", (3, 4)) for name in DISTRIBUTIONS),
    *(
        _row(f"_sample_{name}", *[(2, 3)] * n, shape=(4,), dtype="float64")
        for name, n in DISTRIBUTIONS.items()
    ),
    *(_row(f"_sample_{name}", "float16", *[(2,)] * n) for name, n in DISTRIBUTIONS.items()),
    _row("_random_randint", low=-3, high=4, shape=(3, 4), dtype="int64"),
    _row("_sample_multinomial", (2, 5), shape=(3,), get_prob=True, dtype="uint8"),
    _row("_sample_multinomial", (5,)),
    _row("_shuffle", (5, 2)),
    _row("_sample_unique_zipfian", range_max=20, shape=(2, 5)),
    *(_row(name, *[(3, 4)] * n, lr=0.1, **more) for name, n, more in UPDATES),
    *(_row(f"mp_{name}", "float16", *[(3, 4)] * 2, "float32", *[(3, 4)] * n, lr=0.1) for name, n in MASTERED),
    _row("_contrib_group_adagrad_update", (3, 4), (3, 4), (3, 1), lr=0.1),
    _row("_adamw_update", *[(3, 4)] * 4, (1,), lr=0.1, eta=1.0),
    _row("_mp_adamw_update", "float16", *[(3, 4)] * 2, "float32", *[(3, 4)] * 3, (1,), lr=0.1, eta=1.0),
    _row("lamb_update_phase1", *[(3, 4)] * 4, t=2, wd=0.1),
    _row("mp_lamb_update_phase1", "float16", *[(3, 4)] * 2, "float32", *[(3, 4)] * 3, t=2, wd=0.1),
    *(_row(f"_image_random_{name}", (4, 5, 3), min_factor=0.5, max_factor=1.5) for name in FACTORS),
    *(_row(f"_image_random_flip_{sides}", (4, 5, 3)) for sides in ("left_right", "top_bottom")),
    _row("_image_random_color_jitter", (4, 5, 3), brightness=0.5, contrast=0.5, saturation=0.5, hue=0.5),
    _row("_image_random_lighting", "uint8", (4, 5, 3)),
    *(_row(name, (2, 3), smooth=("data",)) for name in ("_copyto", "_CrossDeviceCopy")),
    _row("_onehot_encode", (2,), (2, 3)),
    _row("_cvimresize", "uint8", (6, 7, 3), w=4, h=9, interp=2),
    _row("_cvcopyMakeBorder", (2, 3, 3), top=1, bot=2, left=3, right=1, type=2),
    _row("_contrib_quantize_asym", (3, 4)),
    _row("_contrib_fft", (3, 5), smooth=("data",)),
    _row("_contrib_fft", "float16", (2, 1, 3, 4)),
    _row("_contrib_ifft", (3, 8), smooth=("data",)),
    _row("_contrib_count_sketch", (3, 6), (1, 6), (1, 6), out_dim=4, smooth=("data",)),
    _row("_contrib_backward_quadratic", (3, 4), (3, 4), a=2, b=3, smooth=("grad", "data")),
    _row("_contrib_backward_index_copy", (5, 3), "int64", (1,), smooth=("grad",)),
    _row("_contrib_backward_hawkesll", (3,), *HAWKES, smooth=("grad", "lda", "alpha", "beta")),
    _row(
        "_contrib_quantized_rnn",
        *("uint8", (5, 2, 4), "float32", (204,), (2, 2, 3), (2, 2, 3), (1,), (1,)),
        mode="lstm",
        state_size=3,
        num_layers=2,
    ),
    _row("lamb_update_phase2", (3, 4), (3, 4), (1,), (1,), lr=0.1),
    _row("mp_lamb_update_phase2", "float16", (3, 4), "float32", (3, 4), (1,), (1,), (3, 4), lr=0.1),
    *(_row(name, *_twice(states), num_weights=2, **TWO_RATES) for name, states in MULTI),
    *(_row(f"preloaded_{name}", *_twice(states, (2,), (2,)), num_weights=2) for name, states in MULTI),
    _row("_multi_adamw_update", *_twice(2, (1,)), num_weights=2, etas=(1, 1), **TWO_RATES),
    _row("_multi_mp_adamw_update", *_twice(-3, (1,)), num_weights=2, etas=(1, 1), **TWO_RATES),
    _row("_multi_lamb_update", *_twice(2), num_tensors=2, step_count=(1, 2), **TWO_LEARNING_RATES),
    _row("_multi_mp_lamb_update", *_twice(-3), num_tensors=2, step_count=(1, 2), **TWO_LEARNING_RATES),
)
"""Samples of operators that real MXNet cannot be asked about in this form."""


@functools.cache
def recorded_samples() -> tuple[Sample, ...]:
    """Return the recorded forward cases whose operator is called in the plain way."""
    samples = []
    for path in sorted(RECORDED.glob("[!_]*.json")):
        cases = json.loads(path.read_text())["cases"]
        calls = [case for case in cases if case["kind"] == "forward" and "expr" not in case]
        arrays = np.load(path.with_suffix(".npz")) if calls else {}
        samples += [_sample(case, op, arrays) for case in calls if (op := _registered(case["op"]))]
    return tuple(samples)


def _registered(path: str) -> str | None:
    """Return the registered name for a public path such as ``contrib.box_nms``."""
    module, _, name = path.rpartition(".")
    candidates = [f"_{module}_{name}", name] if module else [name]
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
