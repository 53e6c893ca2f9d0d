"""Checks of symbols: outputs and gradients against numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.test_utils.comparing import assert_almost_equal, default_context
from mxnet.test_utils.given import CheckError, as_ndarray, as_numpy, locate, locate_states, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.context import Context
    from mxnet.ndarray import NDArray
    from mxnet.symbol.symbol import Symbol
    from mxnet.test_utils.given import Location

__all__ = ["check_symbolic_backward", "check_symbolic_forward", "simple_forward"]

_random = np.random  # seeded by the user


def simple_forward(sym: Symbol, ctx: Context | None = None, is_train: bool = False, **inputs: Any) -> Any:
    """Run a symbol on numpy arrays.

    Parameters
    ----------
    sym : Symbol
    ctx : Context, optional
    is_train : bool
    **inputs : numpy array
        One for each argument.

    Returns
    -------
    numpy array, or list of numpy array
        The outputs.

    Examples
    --------
    >>> import mxnet as mx
    >>> import numpy as np
    >>> mx.test_utils.simple_forward(mx.sym.Variable("a") * 2, a=np.ones(2, "float32"))
    array([2., 2.], dtype=float32)
    """
    place = ctx or default_context()
    arrays = {name: as_ndarray(value, place) for name, value in inputs.items()}
    outputs = [out.asnumpy() for out in sym.bind(place, args=arrays).forward(is_train=is_train)]
    return outputs[0] if len(outputs) == 1 else outputs


def check_symbolic_forward(
    sym: Symbol,
    location: Location,
    expected: Location,
    rtol: float | None = None,
    atol: float | None = None,
    aux_states: Location | None = None,
    ctx: Context | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> list[NDArray]:
    """Check the outputs of a symbol.

    Parameters
    ----------
    sym : Symbol
    location : list or dict of array
        The arguments.
    expected : list or dict of array
        The outputs; a dictionary may hold some of them.
    rtol, atol, equal_nan
        As of `almost_equal`.
    aux_states : list or dict of array, optional
        The auxiliary states.
    ctx : Context, optional
    dtype : optional
        What arguments are converted to; ``"asnumpy"`` leaves them as they are.

    Returns
    -------
    list of NDArray
        The outputs.

    Raises
    ------
    AssertionError
        If an output differs.
    """
    place = ctx or default_context()
    names = sym.list_outputs()
    wanted = named(expected, names)
    executor = sym.bind(
        place,
        args=locate(sym, location, place, dtype),
        aux_states=locate_states(sym, aux_states, place, dtype),
    )
    outputs = executor.forward(is_train=False)
    for name, output in zip(names, outputs, strict=True):
        if name in wanted:
            labels = (f"EXPECTED_{name}", f"FORWARD_{name}")
            assert_almost_equal(wanted[name], output, rtol, atol, labels, equal_nan=equal_nan)
    return outputs


def check_symbolic_backward(
    sym: Symbol,
    location: Location,
    out_grads: Any,
    expected: Location,
    rtol: float | None = None,
    atol: float | None = None,
    aux_states: Location | None = None,
    grad_req: str | Sequence[str] | Mapping[str, str] = "write",
    ctx: Context | None = None,
    grad_stypes: Sequence[str] | Mapping[str, str] | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> dict[str, NDArray]:
    """Check the gradients of a symbol.

    Parameters
    ----------
    sym : Symbol
    location : list or dict of array
        The arguments.
    out_grads : list or dict of array, or None
        The gradients of the outputs.
    expected : list or dict of array
        The gradients of the arguments; a dictionary may hold some of them.
    rtol, atol, aux_states, ctx, equal_nan, dtype
        As of `check_symbolic_forward`.
    grad_req : str, list or dict
        What becomes of gradients: ``write``, ``add`` (to random numbers) or ``null``.
    grad_stypes : list or dict of str, optional
        The storage types of the gradients.

    Returns
    -------
    dict of str to NDArray
        The gradients.

    Raises
    ------
    AssertionError
        If a gradient differs.
    """
    place = ctx or default_context()
    arguments = sym.list_arguments()
    arrays = locate(sym, location, place, dtype)
    wanted = named(expected, arguments)
    stypes = named(grad_stypes or {}, arguments)
    requests = named([grad_req] * len(arguments) if isinstance(grad_req, str) else grad_req, arguments)
    if isinstance(grad_req, (list, tuple)) and len(grad_req) < len(arguments):
        raise CheckError(f"grad_req has {len(grad_req)} entries, but the symbol's arguments are {arguments}.")
    before = {name: _random.normal(size=arrays[name].shape) for name in wanted}
    grads = {
        name: as_ndarray(value, place, arrays[name].dtype).tostype(stypes.get(name, "default"))
        for name, value in before.items()
    }
    executor = sym.bind(
        place,
        args=arrays,
        args_grad=grads,
        grad_req={name: requests.get(name, "null") if name in wanted else "null" for name in arguments},
        aux_states=locate_states(sym, aux_states, place, dtype),
    )
    executor.forward(is_train=True)
    heads = {} if out_grads is None else named(out_grads, sym.list_outputs())
    outputs = sym.list_outputs()
    executor.backward({name: as_ndarray(heads[name], place) for name in outputs if name in heads} or None)
    for name, value in wanted.items():
        request = requests.get(name, "null")
        start = before[name].astype(np.dtype(grads[name].dtype))
        target = {"write": value, "null": start}.get(request)
        target = as_numpy(value) + start if target is None else target
        labels = (f"EXPECTED_{name}", f"BACKWARD_{name}")
        assert_almost_equal(target, grads[name], rtol, atol, labels, equal_nan=equal_nan)
    return grads
