"""Control flow on arrays, run by Python as it goes, and other helpers of ``mx.nd.contrib``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import CompositionError, ParameterError, ShapeError
from mxnet.lazy import torch
from mxnet.ndarray.invoke import invoke_by_name
from mxnet.ndarray.ndarray import NDArray
from mxnet.ndarray.random import uniform
from mxnet.ndarray.updates import (
    adamw_update,
    mp_adamw_update,
    multi_adamw_update,
    multi_lamb_update,
    multi_mp_adamw_update,
    multi_mp_lamb_update,
)

if TYPE_CHECKING:
    from mxnet.context import Context

__all__ = [
    "adamw_update",
    "cond",
    "foreach",
    "isfinite",
    "isinf",
    "isnan",
    "mp_adamw_update",
    "multi_adamw_update",
    "multi_lamb_update",
    "multi_mp_adamw_update",
    "multi_mp_lamb_update",
    "rand_zipfian",
    "while_loop",
]

Arrays = NDArray | Sequence[NDArray]


def foreach(
    body: Callable[[Any, Any], tuple[Any, Any]], data: Arrays, init_states: Arrays
) -> tuple[Any, Any]:
    """Run a function on each item along the first axis, passing states from one to the next.

    Parameters
    ----------
    body : callable
        Takes an item (or a list of items, if `data` is one) and the states; returns outputs and new states.
    data : NDArray or list of NDArray
        What to go through; all have the same first extent.
    init_states : NDArray or list of NDArray
        The first states.

    Returns
    -------
    outputs : NDArray or list of NDArray
        The outputs of all steps, stacked along a new first axis.
    states : NDArray or list of NDArray
        The last states.

    Examples
    --------
    >>> import mxnet as mx
    >>> total = lambda item, state: (item + state, item + state)
    >>> outputs, state = mx.nd.contrib.foreach(total, mx.nd.arange(4), mx.nd.zeros((1,)))
    >>> outputs.asnumpy().ravel().tolist()
    [0.0, 1.0, 3.0, 6.0]
    """
    arrays = _as_list(data, "data")
    _as_list(init_states, "init_states")
    lengths = {each.shape[0] if each.ndim else 0 for each in arrays}
    if len(lengths) != 1 or 0 in lengths:
        raise ShapeError(
            f"foreach() needs data with one first extent, but the shapes are {[a.shape for a in arrays]}."
        )
    states: Any = init_states
    steps = []
    for i in range(lengths.pop()):
        item = data[i] if isinstance(data, NDArray) else [each[i] for each in arrays]
        outputs, states = body(item, states)
        steps.append(outputs)
    return _stack(steps), states


def while_loop(
    cond: Callable[..., Any],
    func: Callable[..., tuple[Any, Any]],
    loop_vars: Arrays,
    max_iterations: int | None = None,
) -> tuple[Any, Any]:
    """Run a function as long as a condition holds.

    Parameters
    ----------
    cond : callable
        Takes the loop variables; returns an array of one element, or a number.
    func : callable
        Takes the loop variables; returns the outputs of the step and new loop variables.
    loop_vars : NDArray or list of NDArray
        The first loop variables.
    max_iterations : int
        The most steps to run.

    Returns
    -------
    outputs : NDArray or list of NDArray
        The outputs of all steps, stacked along a new first axis and filled up with zeros to `max_iterations`.
    loop_vars : NDArray or list of NDArray
        The last loop variables.
    """
    if max_iterations is None:
        raise ParameterError("while_loop() needs max_iterations.")
    single = isinstance(loop_vars, NDArray)
    variables = _as_list(loop_vars, "loop_vars")
    steps: list[Any] = []
    while len(steps) < max_iterations and _is_true(cond(*variables)):
        outputs, changed = func(*variables)
        variables = _as_list(changed, "the loop variables that func returns")
        if len(variables) != len(_as_list(loop_vars, "loop_vars")):
            raise CompositionError("func must return as many loop variables as it takes.")
        steps.append(outputs)
    left = int(max_iterations) - len(steps)
    outputs = _stack(steps, left) if steps else []
    return outputs, variables[0] if single else variables


def cond(pred: NDArray, then_func: Callable[[], Any], else_func: Callable[[], Any]) -> Any:
    """Run one of two functions: the first if `pred`, an array of one element, is true."""
    return then_func() if _is_true(pred) else else_func()


def _is_true(value: Any) -> bool:
    return bool(value.asscalar()) if isinstance(value, NDArray) else bool(value)


def _as_list(arrays: Any, what: str) -> list[NDArray]:
    listed = [arrays] if isinstance(arrays, NDArray) else list(arrays)
    for each in listed:
        if not isinstance(each, NDArray | list | tuple):
            raise CompositionError(f"{what} must be an NDArray or a list of them, not {type(each).__name__}.")
    return listed


def _stack(steps: list[Any], padding: int = 0) -> Any:
    """Stack the outputs of the steps, each an array or a list of arrays."""
    if not isinstance(steps[0], NDArray):
        return [_stack(list(column), padding) for column in zip(*steps, strict=True)]
    made: NDArray = invoke_by_name("stack", *steps, axis=0)
    if not padding:
        return made
    zeros = torch.zeros((padding, *made.shape[1:]), dtype=made.handle.dtype, device=made.handle.device)
    return invoke_by_name("Concat", made, NDArray._from_tensor(zeros, made.context), dim=0)


def isinf(data: NDArray) -> NDArray:
    """Return 1 where an array is infinite and 0 elsewhere, in its data type."""
    return _like(data, torch.isinf(data.handle))


def isfinite(data: NDArray) -> NDArray:
    """Return 1 where an array is neither infinite nor NaN and 0 elsewhere, in its data type."""
    return _like(data, torch.isfinite(data.handle))


def isnan(data: NDArray) -> NDArray:
    """Return 1 where an array is NaN and 0 elsewhere, in its data type."""
    return _like(data, torch.isnan(data.handle))


def _like(data: NDArray, values: Any) -> NDArray:
    return NDArray._from_tensor(values.to(data.handle.dtype), data.context)


def rand_zipfian(
    true_classes: NDArray, num_sampled: int, range_max: int, ctx: Context | None = None
) -> tuple[NDArray, NDArray, NDArray]:
    """Draw classes from a log-uniform (Zipfian) distribution, for sampled softmax and the like.

    Parameters
    ----------
    true_classes : NDArray
        The target classes.
    num_sampled : int
        How many classes to draw.
    range_max : int
        The number of classes; class k has the probability ``log((k + 2) / (k + 1)) / log(range_max + 1)``.
    ctx : Context, optional
        Where to draw.

    Returns
    -------
    samples : NDArray
        The classes drawn, int64.
    expected_count_true, expected_count_sample : NDArray
        How often each target class, and each class drawn, is expected among `num_sampled` draws; float64.
    """
    log_range = math.log(range_max + 1)
    drawn = uniform(0, log_range, shape=(num_sampled,), dtype="float64", ctx=ctx).handle
    samples = (drawn.exp().long() - 1) % range_max

    def expected(classes: Any) -> Any:
        classes = classes.double()
        return ((classes + 2) / (classes + 1)).log() / log_range * num_sampled

    context = true_classes.context if ctx is None else ctx
    made = (samples, expected(true_classes.handle), expected(samples))
    return tuple(NDArray._from_tensor(each, context) for each in made)  # type: ignore[return-value]
