"""Checks of symbols: outputs and gradients against numbers, differences, other devices and dtypes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet import symbol as symbols
from mxnet.errors import MXNetError, NameLookupError
from mxnet.ndarray import NDArray
from mxnet.symbol.variable import Variable
from mxnet.test_utils.comparing import (
    assert_almost_equal,
    compare_ndarray_tuple,
    default_atols,
    default_context,
    default_numeric_eps,
    default_rtols,
)
from mxnet.test_utils.randoms import rand_ndarray

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.executor import Executor
    from mxnet.optimizer import Optimizer
    from mxnet.symbol.symbol import Symbol

    Values = np.ndarray[Any, Any]
    Location = Sequence[Any] | Mapping[str, Any]

__all__ = [
    "check_consistency",
    "check_numeric_gradient",
    "check_speed",
    "check_symbolic_backward",
    "check_symbolic_forward",
    "compare_optimizer",
    "numeric_grad",
    "same_symbol_structure",
    "simple_forward",
]

_random = np.random  # seeded by the user


class CheckError(MXNetError, ValueError):
    """A check was given inputs that do not fit its symbol."""


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
    arrays = {name: _ndarray(value, place) for name, value in inputs.items()}
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
    wanted = dict(expected) if isinstance(expected, Mapping) else dict(zip(names, expected, strict=True))
    executor = sym.bind(
        place,
        args=_parse_location(sym, location, place, dtype),
        aux_states=_parse_aux_states(sym, aux_states, place, dtype),
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
    arrays = _parse_location(sym, location, place, dtype)
    wanted = _named(expected, arguments)
    stypes = _named(grad_stypes or {}, arguments)
    requests = _named([grad_req] * len(arguments) if isinstance(grad_req, str) else grad_req, arguments)
    before = {name: _random.normal(size=arrays[name].shape) for name in wanted}
    grads = {
        name: _ndarray(value, place, arrays[name].dtype).tostype(stypes.get(name, "default"))
        for name, value in before.items()
    }
    executor = sym.bind(
        place,
        args=arrays,
        args_grad=grads,
        grad_req={name: requests.get(name, "null") if name in wanted else "null" for name in arguments},
        aux_states=_parse_aux_states(sym, aux_states, place, dtype),
    )
    executor.forward(is_train=True)
    heads = _named(out_grads, sym.list_outputs()) if out_grads is not None else {}
    executor.backward([_ndarray(heads[n], place) for n in sym.list_outputs()] if heads else None)
    for name, value in wanted.items():
        request = requests.get(name, "null")
        start = before[name].astype(np.dtype(grads[name].dtype))
        target = {"write": value, "null": start}.get(request)
        target = _values(value) + start if target is None else target
        labels = (f"EXPECTED_{name}", f"BACKWARD_{name}")
        assert_almost_equal(target, grads[name], rtol, atol, labels, equal_nan=equal_nan)
    return grads


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
    bound, states = executor.arg_dict, executor.aux_dict
    values = {name: np.array(_values(value), dtype=dtype) for name, value in location.items()}
    for name, value in values.items():
        bound[name][:] = value

    def total() -> float:
        for name, value in (aux_states or {}).items():
            states[name][:] = value
        return float(executor.forward(is_train=use_forward_train)[0].asnumpy().sum(dtype="float64"))

    grads = {}
    for name, value in values.items():
        if value.dtype.kind != "f":
            continue
        flat, grad = value.reshape(-1), np.zeros(value.shape, dtype)
        for i in range(flat.size):
            kept = flat[i]
            ends = []
            for step in (eps / 2, -eps / 2):
                flat[i] = kept + step
                bound[name][:] = value
                ends.append(total())
            flat[i] = kept
            grad.reshape(-1)[i] = (ends[0] - ends[1]) / eps
        bound[name][:] = value
        grads[name] = grad
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
    kind = np.dtype(dtype)
    arguments = sym.list_arguments()
    arrays = _parse_location(sym, location, place, dtype)
    states = _parse_aux_states(sym, aux_states, place, dtype)
    eps = default_numeric_eps()[kind] if numeric_eps is None else numeric_eps
    nodes = arguments if grad_nodes is None else grad_nodes
    requests = dict(nodes) if isinstance(nodes, Mapping) else dict.fromkeys(nodes, "write")

    loss, directions = _projected(sym, {name: array.shape for name, array in arrays.items()}, kind, place)
    before = {name: _random.normal(size=arrays[name].shape).astype(kind) for name in requests}
    grads = {
        name: _ndarray(value, place, dtype).tostype((grad_stype_dict or {}).get(name, "default"))
        for name, value in before.items()
    }
    everything = {**{name: array.copy() for name, array in arrays.items()}, **directions}
    executor = loss.bind(
        place,
        args=everything,
        args_grad=grads,
        grad_req={name: requests.get(name, "null") for name in loss.list_arguments()},
        aux_states={name: array.copy() for name, array in states.items()},
    )
    executor.forward(is_train=True)
    executor.backward()
    found = {name: grad.asnumpy() for name, grad in grads.items()}

    wanted = [name for name, request in requests.items() if request != "null"]
    by_differences = numeric_grad(
        executor,
        {name: arrays[name].asnumpy() for name in wanted},
        {name: array.asnumpy() for name, array in states.items()},
        eps,
        use_forward_train,
        dtype,
    )
    for name, request in requests.items():
        start = before[name] if request != "write" else np.zeros_like(before[name])
        target = start if request == "null" else by_differences[name] + start
        assert_almost_equal(target, found[name], rtol, atol, (f"NUMERICAL_{name}", f"BACKWARD_{name}"))


def _projected(
    sym: Symbol, shapes: Mapping[str, tuple[int, ...]], kind: np.dtype[Any], place: Context
) -> tuple[Symbol, dict[str, NDArray]]:
    """Return the sum of the outputs times random directions as a loss, and the directions."""
    _, out_shapes, _ = sym.infer_shape(**shapes)
    directions: dict[str, NDArray] = {}
    parts: list[Symbol] = []
    for i, shape in enumerate(out_shapes or []):
        name = f"__random_direction_{i}"
        # Away from 0, so that no part of the gradient goes unseen.
        direction = _random.rand(*shape) * 0.9 + 0.1
        directions[name] = _ndarray(direction.astype(kind), place, kind)
        parts.append(symbols.sum(sym[i] * Variable(name)))
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return symbols.MakeLoss(total), directions


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
            array[:] = _values(values.get(name, np.zeros(array.shape))).astype(np.dtype(array.dtype))


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
    shape : tuple of int, or list of them if `ntensors` is more than 1
    dtype : optional
    w_stype, g_stype : str
        The storage types of weights and gradients, for the second optimizer.
    rtol, atol : float
    compare_states : bool
        Whether their states are compared as well.
    ntensors : int
        The number of weights.
    """
    shapes = list(shape) if ntensors > 1 else [shape]
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


def _parse_location(sym: Symbol, location: Location, ctx: Context, dtype: Any) -> dict[str, NDArray]:
    names = sym.list_arguments()
    if isinstance(location, Mapping):
        if set(location) != set(names):
            raise CheckError(
                f"The location is for {sorted(location)}, but the symbol's arguments are {sorted(names)}."
            )
        given = dict(location)
    else:
        if len(location) != len(names):
            raise CheckError(
                f"The location has {len(location)} arrays, but the symbol's arguments are {names}."
            )
        given = dict(zip(names, location, strict=True))
    return {name: _ndarray(given[name], ctx, dtype) for name in names}


def _parse_aux_states(
    sym: Symbol, aux_states: Location | None, ctx: Context, dtype: Any
) -> dict[str, NDArray]:
    names = sym.list_auxiliary_states()
    given = _named(aux_states or {}, names)
    missing = [name for name in names if name not in given]
    if missing:
        raise CheckError(f"The auxiliary states {missing} are not given: pass aux_states.")
    return {name: _ndarray(given[name], ctx, dtype) for name in names}


def _named(values: Any, names: Sequence[str]) -> dict[str, Any]:
    if isinstance(values, Mapping):
        return dict(values)
    listed = [values] if isinstance(values, (NDArray, np.ndarray)) else list(values)
    return dict(zip(names, listed, strict=True))


def _ndarray(value: Any, ctx: Context, dtype: Any = "asnumpy") -> NDArray:
    if isinstance(value, NDArray):
        return value.as_in_context(ctx)
    array = np.asarray(value)
    return nd.array(array, ctx, dtype=array.dtype if isinstance(dtype, str) and dtype == "asnumpy" else dtype)


def _values(value: Any) -> Values:
    return value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)
