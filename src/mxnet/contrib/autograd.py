"""The autograd of before MXNet 0.10: training sections instead of ``record``, gradients as functions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from mxnet import autograd
from mxnet.autograd import mark_variables
from mxnet.contrib.checks import CheckError
from mxnet.ndarray import NDArray, zeros_like

__all__ = [
    "TrainingStateScope",
    "backward",
    "compute_gradient",
    "grad",
    "grad_and_loss",
    "mark_variables",
    "set_is_training",
    "test_section",
    "train_section",
]


def set_is_training(is_train: bool) -> bool:
    """Record what is computed and let operators behave as in training, or neither.

    Returns
    -------
    bool
        Whether operators were being recorded.
    """
    autograd.set_training(is_train)
    return autograd.set_recording(is_train)


class TrainingStateScope:
    """Sets both flags in a ``with`` block.

    Parameters
    ----------
    enter_state : bool
        What :func:`set_is_training` is called with.
    """

    def __init__(self, enter_state: bool) -> None:
        self._enter_state = enter_state
        self._prev = False

    def __enter__(self) -> None:
        self._prev = set_is_training(self._enter_state)

    def __exit__(self, *_: object) -> None:
        if self._prev != self._enter_state:
            set_is_training(self._prev)


def train_section() -> TrainingStateScope:
    """Record what is computed in a ``with`` block.

    Examples
    --------
    >>> import mxnet as mx
    >>> x, dx = mx.nd.array([1, 2, 3]), mx.nd.zeros(3)
    >>> mx.contrib.autograd.mark_variables([x], [dx])
    >>> with mx.contrib.autograd.train_section():
    ...     y = x * x
    >>> mx.contrib.autograd.compute_gradient([y])
    >>> dx.asnumpy().tolist()
    [2.0, 4.0, 6.0]
    """
    return TrainingStateScope(True)


def test_section() -> TrainingStateScope:
    """Record nothing in a ``with`` block inside of a training section."""
    return TrainingStateScope(False)


def backward(
    outputs: Sequence[NDArray],
    out_grads: Sequence[NDArray | None] | None = None,
    retain_graph: bool = False,
) -> None:
    """Compute the gradients of arrays, and fill the gradient arrays of what they were computed from.

    Parameters
    ----------
    outputs : list of NDArray
        What to differentiate.
    out_grads : list of (NDArray or None), optional
        Their gradients; ones where there is none.
    retain_graph : bool, default False
        Whether the recorded graph may be used again.
    """
    if not isinstance(outputs, (list, tuple)):
        raise CheckError(f"outputs must be a list of NDArray, but is {type(outputs).__name__}.")
    if out_grads is not None and len(out_grads) != len(outputs):
        raise CheckError(f"There are {len(outputs)} outputs, but {len(out_grads)} out_grads.")
    autograd.backward(outputs, out_grads, retain_graph)


def compute_gradient(outputs: Sequence[NDArray]) -> None:
    """Compute gradients with heads of ones: the oldest name of :func:`backward`."""
    backward(outputs)


def grad_and_loss(
    func: Callable[..., Any], argnum: int | Sequence[int] | None = None
) -> Callable[..., tuple[list[NDArray], Any]]:
    """Return a function that computes the gradients of `func` beside its value.

    Parameters
    ----------
    func : callable
        Takes arrays; returns an array or a list of them.
    argnum : int or list of int, optional
        With respect to which arguments, by position; all by default.

    Returns
    -------
    callable
        Returns a list of gradients, and what `func` returns.

    Examples
    --------
    >>> import mxnet as mx
    >>> slope = mx.contrib.autograd.grad_and_loss(lambda x: x * x)
    >>> (gradient,), value = slope(mx.nd.array([3]))
    >>> float(gradient.asscalar()), float(value.asscalar())
    (6.0, 9.0)
    """

    @functools.wraps(func)
    def wrapped(*args: Any) -> tuple[list[NDArray], Any]:
        numbers = range(len(args)) if argnum is None else [argnum] if isinstance(argnum, int) else argnum
        variables = [args[number] for number in numbers]
        for number, variable in zip(numbers, variables, strict=True):
            if not isinstance(variable, NDArray):
                raise CheckError(f"Argument {number} must be an NDArray, but is {variable!r}.")
        gradients = [zeros_like(variable) for variable in variables]
        mark_variables(variables, gradients)
        with train_section():
            outputs = func(*args)
        compute_gradient([outputs] if isinstance(outputs, NDArray) else outputs)
        return gradients, outputs

    return wrapped


def grad(func: Callable[..., Any], argnum: int | Sequence[int] | None = None) -> Callable[..., list[NDArray]]:
    """Return a function that computes the gradients of `func`, as :func:`grad_and_loss` without the value."""
    with_loss = grad_and_loss(func, argnum)

    @functools.wraps(func)
    def wrapped(*args: Any) -> list[NDArray]:
        return with_loss(*args)[0]

    return wrapped
