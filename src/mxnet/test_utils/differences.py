"""Gradients by differences, and the check of a symbol's gradients against them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import symbol as symbols
from mxnet.symbol.variable import Variable
from mxnet.test_utils.comparing import assert_almost_equal, default_context, default_numeric_eps
from mxnet.test_utils.given import CheckError, MisuseError, as_ndarray, as_numpy, locate, locate_states

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.context import Context
    from mxnet.executor import Executor
    from mxnet.ndarray import NDArray
    from mxnet.symbol.symbol import Symbol
    from mxnet.test_utils.given import Location, Values

__all__ = ["check_numeric_gradient", "numeric_grad"]

_random = np.random  # seeded by the user


def numeric_grad(
    executor: Executor,
    location: Mapping[str, Any],
    aux_states: Mapping[str, Any] | None = None,
    eps: float = 1e-4,
    use_forward_train: bool = True,
    dtype: Any = np.float32,
) -> dict[str, Values]:
    """Return the gradients of the sum of an executor's first output, by differences.

    Parameters
    ----------
    executor : Executor
    location : dict of str to array
        The arguments at which, and for which, gradients are taken.
    aux_states : dict of str to array, optional
        Auxiliary states, set before every run.
    eps : float
        The length of the difference.
    use_forward_train : bool
        Whether to run as in training.
    dtype : optional
        Of the arguments.
    """
    return _slopes(executor, location, aux_states or {}, eps, use_forward_train, dtype, n_outputs=1)


def _slopes(
    executor: Executor,
    location: Mapping[str, Any],
    aux_states: Mapping[str, Any],
    eps: float,
    is_train: bool,
    dtype: Any,
    n_outputs: int | None = None,
) -> dict[str, Values]:
    """Return the gradients of the sum of the first outputs, of all by default.

    Outputs are subtracted before they are added up: the rounding of a large sum would drown the difference.
    """
    bound, states = executor.arg_dict, executor.aux_dict
    values = {name: np.array(as_numpy(value), dtype=dtype) for name, value in location.items()}
    for name, value in values.items():
        bound[name][:] = value

    def outputs() -> list[Values]:
        for name, state in aux_states.items():
            states[name][:] = state
        return [each.asnumpy() for each in executor.forward(is_train=is_train)[:n_outputs]]

    grads = {}
    for name, value in values.items():
        if value.dtype.kind != "f":
            continue
        flat, grad = value.reshape(-1), np.zeros(value.size, dtype)
        for i, kept in enumerate(flat.copy()):
            ends = []
            for step in (eps / 2, -eps / 2):
                flat[i] = kept + step
                bound[name][:] = value
                ends.append(outputs())
            flat[i] = kept
            grad[i] = sum(((high - low) / eps).sum(dtype="float64") for high, low in zip(*ends, strict=True))
        bound[name][:] = value
        grads[name] = grad.reshape(value.shape)
    return grads


def check_numeric_gradient(
    sym: Symbol,
    location: Location,
    aux_states: Location | None = None,
    numeric_eps: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    grad_nodes: Sequence[str] | Mapping[str, str] | None = None,
    use_forward_train: bool = True,
    ctx: Context | None = None,
    grad_stype_dict: Mapping[str, str] | None = None,
    dtype: Any = np.float32,
) -> None:
    """Check the gradients of a symbol against differences, along a random direction of its outputs.

    Parameters
    ----------
    sym : Symbol
    location : list or dict of array
        The arguments.
    aux_states : list or dict of array, optional
        The auxiliary states.
    numeric_eps : float, optional
        The length of the difference.
    rtol, atol
        As of `almost_equal`.
    grad_nodes : list of str, or dict of str to str, optional
        Whose gradients to check, and what becomes of them (``write``, ``add`` or ``null``).
    use_forward_train : bool
        Whether the differences are of runs as in training.
    ctx : Context, optional
    grad_stype_dict : dict of str to str, optional
        The storage types of the gradients.
    dtype : optional
        What arguments are converted to.

    Raises
    ------
    AssertionError
        If a gradient differs.

    Examples
    --------
    >>> import mxnet as mx
    >>> import numpy as np
    >>> mx.test_utils.check_numeric_gradient(mx.sym.tanh(mx.sym.Variable("x")), [np.array([0.1, 0.2])])
    """
    place = ctx or default_context()
    if np.dtype(dtype if dtype != "asnumpy" else "O").kind != "f":
        raise MisuseError(f"dtype is {dtype!r}. Expected a dtype of real numbers.")
    kind = np.dtype(dtype)
    arguments = sym.list_arguments()
    arrays = locate(sym, location, place, dtype)
    states = locate_states(sym, aux_states, place, dtype)
    eps = default_numeric_eps()[kind] if numeric_eps is None else numeric_eps
    nodes = arguments if grad_nodes is None else grad_nodes
    if isinstance(nodes, str):
        raise CheckError(f"grad_nodes is {nodes!r}. Expected a list of names, or a dict of requests by name.")
    requests = dict(nodes) if isinstance(nodes, Mapping) else dict.fromkeys(nodes, "write")

    loss, directions = _projected(sym, {name: array.shape for name, array in arrays.items()}, kind, place)
    before = {name: _random.normal(size=arrays[name].shape).astype(kind) for name in requests}
    grads = {
        name: as_ndarray(value, place, dtype).tostype((grad_stype_dict or {}).get(name, "default"))
        for name, value in before.items()
    }
    everything = {**{name: array.copy() for name, array in arrays.items()}, **directions}
    aux = {name: array.copy() for name, array in states.items()}
    requested = {name: requests.get(name, "null") for name in loss.list_arguments()}
    executor = loss.bind(place, args=everything, args_grad=grads, grad_req=requested, aux_states=aux)
    executor.forward(is_train=True)
    executor.backward()

    wanted = {name: arrays[name] for name, request in requests.items() if request != "null"}
    alone = loss.bind(place, args=everything, aux_states=aux)  # keeps nothing for a gradient
    by_differences = _slopes(alone, wanted, states, eps, use_forward_train, dtype)
    for name, request in requests.items():
        start = before[name] if request != "write" else np.zeros_like(before[name])
        target = start if request == "null" else by_differences[name] + start
        assert_almost_equal(target, grads[name], rtol, atol, (f"NUMERICAL_{name}", f"BACKWARD_{name}"))


def _projected(
    sym: Symbol, shapes: Mapping[str, tuple[int, ...]], kind: np.dtype[Any], place: Context
) -> tuple[Symbol, dict[str, NDArray]]:
    """Return the outputs times random directions as losses, and the directions."""
    _, out_shapes, _ = sym.infer_shape(**shapes)
    directions: dict[str, NDArray] = {}
    parts: list[Symbol] = []
    for i, shape in enumerate(out_shapes or []):
        name = f"__random_direction_{i}"
        # Away from 0, so that no part of the gradient goes unseen.
        direction = _random.rand(*shape) * 0.9 + 0.1
        directions[name] = as_ndarray(direction.astype(kind), place, kind)
        parts.append(symbols.MakeLoss(sym[i] * Variable(name)))
    return symbols.Group(parts), directions
