"""Every operator, called in every wrong way that can be derived from a right one, works or says what is wrong.

Each call of the table of samples is broken: arrays of another rank, extent or dtype, without axes or elements, too few
or too many of them, parameters of a value that makes no sense. What is then computed, or refused with an MXNetError
that names the operator, is fine; an error in any other words is not, from arrays as well as from symbols.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from samples import ROWS, recorded_samples
from test_samples import ELSEWHERE

import mxnet as mx
from mxnet.errors import MXNetError
from mxnet.ir.op import REGISTRY, Op
from mxnet.ndarray.ndarray import invoke
from mxnet.symbol import Symbol

Arrays = list[np.ndarray]
Call = tuple[str, dict[str, Any], Arrays]
"""What is wrong with it, the parameters, the inputs and auxiliary states."""

OTHER_DTYPES = ("float16", "float64", "int32", "bool", "int64", "int8", "uint8")
NONSENSE = {
    "int": (-7, -1, 0, 7, "many"),
    "float": (-1.0, 0.0, "much"),
    "bool": (True, False, "perhaps"),
    "tuple[int, ...]": ((), (0,), (-7,), (7,), (-1, -1), (1, 1, 1), "wide"),
}
TORCH = re.compile(r"torch\.|\btensors?\b|not implemented for|argument '|ambiguous|Error:|invalid for input")
"""How torch words what it cannot do."""


def _firsts() -> dict[str, Any]:
    """Return the first sample of every operator."""
    firsts: dict[str, Any] = {}
    for sample in (*recorded_samples(), *ROWS):
        name = REGISTRY[sample.op].name
        if name not in ELSEWHERE or name == "_contrib_boolean_mask":
            firsts.setdefault(name, sample)
    return firsts


FIRSTS = _firsts()


def _wrong_arrays(array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    yield "no axes", np.zeros((), array.dtype)
    yield "an axis more", array[None]
    if array.ndim:
        yield "an axis less", array[:1].reshape(array.shape[1:] if len(array) else ())
    for axis in range(array.ndim if array.size else 0):
        yield f"axis {axis} longer", np.concatenate([array, array.take([0], axis)], axis)
        yield f"axis {axis} shorter", array.take([0], axis)
        yield f"axis {axis} empty", array.take([], axis)
    for dtype in OTHER_DTYPES[:4]:
        if array.dtype != dtype:
            yield dtype, array.astype(dtype)


def _broken(sample: Any) -> Iterator[Call]:
    arrays: Arrays = [*sample.inputs, *sample.aux]
    for i, array in enumerate(arrays):
        for what, other in _wrong_arrays(array):
            yield f"input {i}: {what}", sample.params, [*arrays[:i], other, *arrays[i + 1 :]]
    if arrays:
        for dtype in OTHER_DTYPES:
            yield f"all {dtype}", sample.params, [array.astype(dtype) for array in arrays]
        for what, extent in (("of one element", 1), ("empty", 0)):
            yield f"all {what}", sample.params, [np.zeros((extent,) * a.ndim, a.dtype) for a in arrays]
        yield "all without axes", sample.params, [np.zeros((), array.dtype) for array in arrays]
        yield "the last input missing", sample.params, arrays[:-1]
        yield "one input too many", sample.params, [*arrays, arrays[0]]
    for key, declared in REGISTRY[sample.op].params.items():
        kinds = ("nonsense",) if declared.choices else NONSENSE.get(declared.base, ())
        for value in kinds:
            yield f"{key}={value}", sample.params | {key: value}, arrays


def _call(cls: type[Op], params: dict[str, Any], arrays: Arrays) -> None:
    counted = {cls.variadic: len(arrays)} if cls.variadic in cls.params else {}
    made = invoke(cls.make(**counted | params), [mx.nd.array(a, dtype=a.dtype) for a in arrays])
    for each in made if isinstance(made, list) else [made]:
        each.asnumpy()


def _bind_and_run(cls: type[Op], params: dict[str, Any], arrays: Arrays) -> None:
    variables = [mx.sym.Variable(f"v{i}") for i in range(len(arrays))]
    symbol = Symbol._create(cls, variables, params, hint=cls.name.lower())
    bound = {f"v{i}": mx.nd.array(a, dtype=a.dtype) for i, a in enumerate(arrays)}
    arguments = {name: bound[name] for name in symbol.list_arguments() if name in bound}
    states = {name: bound[name] for name in symbol.list_auxiliary_states() if name in bound}
    gradients = {n: mx.nd.zeros_like(a) for n, a in arguments.items() if np.dtype(a.dtype).kind == "f"}
    executor = symbol.bind(mx.cpu(), arguments, args_grad=gradients, aux_states=states)
    outputs = executor.forward(is_train=True)
    executor.backward([mx.nd.ones_like(output) for output in outputs])
    for each in (*outputs, *gradients.values()):
        each.asnumpy()


@pytest.mark.parametrize("name", FIRSTS)
@pytest.mark.filterwarnings("ignore:.*encountered in cast:RuntimeWarning")
def test_broken_call_works_or_is_refused_in_the_words_of_the_operator(name):
    sample, cls = FIRSTS[name], REGISTRY[name]
    wrong = []
    for what, params, arrays in _broken(sample):
        for run in (_call, _bind_and_run):
            try:
                run(cls, params, arrays)
            except MXNetError as error:
                text = str(error)
                if name.lower() not in text.lower() or TORCH.search(text):
                    wrong.append((run.__name__, what, text))
    assert not wrong


@pytest.mark.parametrize("name", [name for name, cls in FIRSTS.items() if REGISTRY[name].params])
def test_misspelt_parameter_gets_a_suggestion(name):
    cls = REGISTRY[name]
    key = max(cls.params, key=len)
    if cls.accepts_any_parameter or len(key) < 4:
        pytest.skip("it takes any parameter, or has only short ones")
    sample = FIRSTS[name]
    with pytest.raises(MXNetError, match=f"{name} has no parameter '{key}x'. Did you mean '"):
        cls.make(**sample.params | {f"{key}x": 1})


def test_objects_are_no_arrays():
    with pytest.raises(MXNetError):
        mx.nd.array(np.array(["a", "b"], dtype=object))
