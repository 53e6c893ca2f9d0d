"""Checks of one thing against another: devices, dtypes, networks, optimizers, structures; and of speed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.errors import NameLookupError
from mxnet.test_utils.comparing import (
    assert_almost_equal,
    compare_ndarray_tuple,
    default_atols,
    default_context,
    default_rtols,
)
from mxnet.test_utils.given import MisuseError, as_numpy
from mxnet.test_utils.randoms import rand_ndarray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.context import Context
    from mxnet.executor import Executor
    from mxnet.optimizer import Optimizer
    from mxnet.symbol.symbol import Symbol
    from mxnet.test_utils.given import Values

__all__ = ["check_consistency", "check_speed", "compare_optimizer", "same_symbol_structure"]

_random = np.random  # seeded by the user


def check_consistency(
    sym: Symbol | Sequence[Symbol],
    ctx_list: Sequence[Mapping[str, Any]],
    scale: float = 1.0,
    grad_req: str | Mapping[str, str] = "write",
    arg_params: Mapping[str, Any] | None = None,
    aux_params: Mapping[str, Any] | None = None,
    rtol: Any = None,
    atol: Any = None,
    raise_on_err: bool = True,
    ground_truth: Mapping[str, Values] | None = None,
    equal_nan: bool = False,
    use_uniform: bool = False,
    rand_type: Any = np.float64,
) -> dict[str, Values]:
    """Check that a symbol gives the same outputs and gradients on several devices and in several dtypes.

    Parameters
    ----------
    sym : Symbol, or list of them
        One for each entry of `ctx_list`, or one for all.
    ctx_list : list of dict
        Each holds ``ctx``, the shapes of arguments by name, and perhaps a ``type_dict``.
    scale : float
        Of the random arguments.
    grad_req : str or dict
        What becomes of gradients.
    arg_params, aux_params : dict of str to array, optional
        Values that are not random.
    rtol, atol : float, or dict of dtype to float, optional
        The tolerances; by default those of the less precise dtype.
    raise_on_err : bool
        Whether to raise at a difference, rather than print it.
    ground_truth : dict of str to array, optional
        What to compare with; by default the run of the most precise dtype.
    equal_nan : bool
        Whether NaN equals NaN.
    use_uniform : bool
        Whether random arguments are evenly distributed, rather than normally.
    rand_type : optional
        In which dtype they are drawn.

    Returns
    -------
    dict of str to numpy array
        Outputs and gradients by name.
    """
    networks: list[Any] = list(sym) if isinstance(sym, (list, tuple)) else [sym] * len(ctx_list)
    if len(ctx_list) < 2 or len(networks) != len(ctx_list):
        raise MisuseError(
            f"ctx_list has {len(ctx_list)} entries for {len(networks)} symbols. Expected one for each, and "
            "at least 2."
        )
    executors = [
        s.simple_bind(grad_req=grad_req, **dict(entry)) for s, entry in zip(networks, ctx_list, strict=True)
    ]
    _fill(executors, arg_params or {}, aux_params or {}, scale, use_uniform, rand_type)
    results = [_outputs_and_gradients(executor, grad_req) for executor in executors]
    dtypes = [np.dtype(executor.outputs[0].dtype) for executor in executors]
    best = max(range(len(executors)), key=lambda i: dtypes[i].itemsize)
    truth = dict(ground_truth or results[best])
    for i, found in enumerate(results):
        if i == best and ground_truth is None:
            continue
        within = (
            _wider(rtol, dtypes[i], dtypes[best], default_rtols()),
            _wider(atol, dtypes[i], dtypes[best], default_atols()),
        )
        for name, value in found.items():
            names = (f"{name} of entry {i}", f"{name} of entry {best}")
            try:
                assert_almost_equal(value, truth[name], *within, names, equal_nan)
            except AssertionError as error:
                if raise_on_err:
                    raise
                print(error)  # noqa: T201 - as asked for
    return truth


def _fill(
    executors: Sequence[Executor],
    arg_params: Mapping[str, Any],
    aux_params: Mapping[str, Any],
    scale: float,
    use_uniform: bool,
    rand_type: Any,
) -> None:
    """Write the same values to the arrays of all executors: those given, random arguments, states of 0."""
    values = dict(aux_params)
    for name, array in executors[0].arg_dict.items():
        drawn = _random.uniform(-1, 1, array.shape) if use_uniform else _random.normal(size=array.shape)
        values[name] = arg_params.get(name, (drawn * scale).astype(rand_type))
    for executor in executors:
        for name, array in {**executor.arg_dict, **executor.aux_dict}.items():
            array[:] = as_numpy(values.get(name, np.zeros(array.shape))).astype(np.dtype(array.dtype))


def _outputs_and_gradients(executor: Executor, grad_req: str | Mapping[str, str]) -> dict[str, Values]:
    training = grad_req != "null"
    executor.forward(is_train=training)
    found = dict(zip(executor._symbol.list_outputs(), (o.asnumpy() for o in executor.outputs), strict=True))
    if training:
        executor.backward([output.copy() for output in executor.outputs])
        found.update({f"{name}_grad": g.asnumpy() for name, g in executor.grad_dict.items() if g is not None})
    return found


def _wider(tolerance: Any, one: Any, other: Any, table: Mapping[Any, float]) -> float:
    if tolerance is not None and not isinstance(tolerance, Mapping):
        return float(tolerance)
    known = {**table, **{np.dtype(k): v for k, v in (tolerance or {}).items()}}
    return float(max(known[one], known[other]))


def check_speed(
    sym: Symbol,
    location: Mapping[str, Any] | None = None,
    ctx: Context | None = None,
    N: int = 20,  # noqa: N803 - MXNet's name
    grad_req: str | None = None,
    typ: str = "whole",
    **kwargs: Any,
) -> float:
    """Return the seconds that a run takes.

    Parameters
    ----------
    sym : Symbol
    location : dict of str to array, optional
        The arguments; random by default, of the shapes in `kwargs`.
    ctx : Context, optional
    N : int
        Over how many runs to take the mean.
    grad_req : str, optional
        What becomes of gradients; ``write`` by default.
    typ : {'whole', 'forward'}
        Whether backward is measured as well.
    **kwargs : tuple of int
        The shapes of arguments.
    """
    if typ not in {"whole", "forward"}:
        raise NameLookupError(f"typ is {typ!r}. Expected 'whole' or 'forward'.")
    shapes = {name: np.shape(value) for name, value in location.items()} if location is not None else kwargs
    executor = sym.simple_bind(ctx or default_context(), grad_req=grad_req or "write", **shapes)
    for name, array in executor.arg_dict.items():
        array[:] = location[name] if location is not None else _random.normal(size=array.shape)

    def run() -> None:
        outputs = executor.forward(is_train=typ == "whole")
        if typ == "whole":
            executor.backward(outputs)
        for output in outputs:
            output.wait_to_read()

    run()
    started = time.perf_counter()
    for _ in range(N):
        run()
    nd.waitall()
    return (time.perf_counter() - started) / N


def compare_optimizer(
    opt1: Optimizer,
    opt2: Optimizer,
    shape: Any,
    dtype: Any,
    w_stype: str = "default",
    g_stype: str = "default",
    rtol: float = 1e-4,
    atol: float = 1e-5,
    compare_states: bool = True,
    ntensors: int = 1,
) -> None:
    """Check that two optimizers update random weights in the same way.

    Parameters
    ----------
    opt1, opt2 : Optimizer
    shape : tuple of int, or list of them
    dtype : optional
    w_stype, g_stype : str
        The storage types of weights and gradients, for the second optimizer.
    rtol, atol : float
    compare_states : bool
        Whether their states are compared as well.
    ntensors : int
        The number of weights.
    """
    several = ntensors > 1 or any(isinstance(n, (list, tuple)) for n in shape)
    shapes = list(shape) if several else [shape]
    for index, one in enumerate(shapes):
        weight = rand_ndarray(one, dtype=dtype)
        grad = rand_ndarray(one, g_stype, density=0.5, dtype=dtype)
        weights = [weight.copy(), weight.tostype(w_stype)]
        grads = [grad.tostype("default"), grad]
        states = []
        for optimizer, w, g in zip((opt1, opt2), weights, grads, strict=True):
            state = optimizer.create_state_multi_precision(index, w)
            optimizer.update_multi_precision(index, w, g, state)
            states.append(state)
        assert_almost_equal(weights[0], weights[1], rtol, atol)
        if compare_states:
            compare_ndarray_tuple(states[0], states[1], rtol, atol)


def same_symbol_structure(sym1: Symbol, sym2: Symbol) -> bool:
    """Whether two symbols have the same operators and connections, whatever their names and parameters."""

    def skeleton(sym: Symbol) -> list[tuple[str, Any]]:
        nodes = json.loads(sym.tojson())["nodes"]
        return [(node["op"], node["inputs"]) for node in nodes]

    return skeleton(sym1) == skeleton(sym2)
