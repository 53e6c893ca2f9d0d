"""Loops and branches on arrays, which Python runs as it goes; ``mx.sym.contrib`` has the same for symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mxnet.errors import CompositionError, ParameterError, ShapeError
from mxnet.lazy import torch
from mxnet.ndarray.ndarray import NDArray, invoke_by_name
from mxnet.nesting import arguments, flatten, pair, regroup, whole_number

__all__ = ["cond", "foreach", "while_loop"]


def foreach(body: Callable[[Any, Any], tuple[Any, Any]], data: Any, init_states: Any) -> tuple[Any, Any]:
    """Run a function on each item along the first axis, passing states from one to the next.

    Parameters
    ----------
    body : callable
        Takes an item and the states, in the form of `data` and `init_states`; returns the outputs of the step
        and the next states.
    data : NDArray or nested list of NDArray
        What to go through; all have the same first extent.
    init_states : NDArray or nested list of NDArray
        The states before the first item.

    Returns
    -------
    outputs : NDArray or nested list of NDArray
        The outputs of all steps, stacked along a new first axis.
    states : NDArray or nested list of NDArray
        The last states.

    Raises
    ------
    MXNetError
        If the body does not return outputs and states, or the extents differ.

    Examples
    --------
    >>> import mxnet as mx
    >>> total = lambda item, state: (item + state, item + state)
    >>> outputs, state = mx.nd.contrib.foreach(total, mx.nd.arange(4), mx.nd.zeros((1,)))
    >>> outputs.asnumpy().ravel().tolist()
    [0.0, 1.0, 3.0, 6.0]
    """
    arrays, form = flatten(data, NDArray, "foreach: data")
    flatten(init_states, NDArray, "foreach: init_states")
    lengths = {each.shape[0] if each.ndim else 0 for each in arrays}
    if len(lengths) != 1 or 0 in lengths:
        raise ShapeError(
            f"foreach() needs data with one first extent, but the shapes are {[a.shape for a in arrays]}."
        )
    states: Any = init_states
    steps: list[Any] = []
    for i in range(lengths.pop()):
        outputs, states = pair(body(regroup([each[i] for each in arrays], form), states), "foreach: body")
        flatten(states, NDArray, "foreach: the states that body returns")
        steps.append(flatten(outputs, NDArray, "foreach: the outputs of body"))
    return _stack(steps, "foreach: body"), states


def while_loop(
    cond: Callable[..., Any],
    func: Callable[..., tuple[Any, Any]],
    loop_vars: Any,
    max_iterations: int | None = None,
) -> tuple[Any, Any]:
    """Run a function on loop variables as long as a condition holds, but at most `max_iterations` times.

    Parameters
    ----------
    cond : callable
        Takes the loop variables; returns an array of one element, or a number.
    func : callable
        Takes the loop variables; returns the outputs of the step, which may be None or [], and the next loop
        variables.
    loop_vars : NDArray or nested list of NDArray
        The loop variables before the first step.
    max_iterations : int
        The most steps to run.

    Returns
    -------
    outputs : NDArray or nested list of NDArray
        The outputs of all steps, stacked along a new first axis and filled up with zeros to `max_iterations`;
        [] if there was no step.
    loop_vars : NDArray or nested list of NDArray
        The last loop variables; a single one stands by itself.

    Raises
    ------
    MXNetError
        If there are no loop variables or no `max_iterations`, or the functions return something else.

    Examples
    --------
    >>> import mxnet as mx
    >>> outputs, last = mx.nd.contrib.while_loop(
    ...     lambda i: i < 3, lambda i: (i * i, i + 1), mx.nd.zeros((1,)), max_iterations=5
    ... )
    >>> outputs.asnumpy().ravel().tolist(), last.asnumpy().tolist()
    ([0.0, 1.0, 4.0, 0.0, 0.0], [3.0])
    """
    most = whole_number(max_iterations)
    variables, form = flatten(loop_vars, NDArray, "while_loop: loop_vars")
    if not variables:
        raise ParameterError("while_loop: loop_vars should contain at least one element.")
    steps: list[Any] = []
    while len(steps) < most and _is_true(cond(*arguments(regroup(variables, form)))):
        returned = pair(func(*arguments(regroup(variables, form))), "while_loop: func")
        outputs, changed = ([] if each is None else each for each in returned)
        after, _ = flatten(changed, NDArray, "while_loop: the loop_vars of func")
        if len(after) != len(variables):
            raise ParameterError(
                f"while_loop: func must return as many loop_vars as it takes, {len(variables)}, but returned "
                f"{len(after)}."
            )
        variables = after
        steps.append(flatten(outputs, NDArray, "while_loop: the outputs of func"))
    outputs = _stack(steps, "while_loop: func", most - len(steps)) if steps else []
    return outputs, variables[0] if form == [None] else regroup(variables, form)


def cond(pred: Any, then_func: Callable[[], Any], else_func: Callable[[], Any]) -> Any:
    """Run one of two functions: the first if `pred`, an array of one element, is true.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.nd.array([3])
    >>> mx.nd.contrib.cond(x > 2, lambda: x * 10, lambda: x).asnumpy().tolist()
    [30.0]
    """
    return then_func() if _is_true(pred) else else_func()


def _is_true(value: Any) -> bool:
    return bool(value.asscalar()) if isinstance(value, NDArray) else bool(value)


def _stack(steps: Sequence[tuple[list[NDArray], Any]], what: str, missing: int = 0) -> Any:
    """Stack the outputs of the steps, given with their form; zeros stand for those that are missing."""
    first, form = steps[0]
    if any(len(outputs) != len(first) for outputs, _ in steps):
        raise CompositionError(f"{what} must return the same number of outputs in each step.")
    return regroup([_stacked(column, missing) for column in zip(*(s[0] for s in steps), strict=True)], form)


def _stacked(column: Sequence[NDArray], missing: int) -> NDArray:
    made: NDArray = invoke_by_name("stack", *column, axis=0)
    if not missing:
        return made
    zeros = torch.zeros((missing, *made.shape[1:]), dtype=made.handle.dtype, device=made.handle.device)
    return invoke_by_name("Concat", made, NDArray._from_tensor(zeros, made.context), dim=0)
