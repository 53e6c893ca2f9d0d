"""``mx.onnx.export_model``: a network and its parameters become an ONNX model, which is checked and run."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.dtype import DTypeLike, dtype_name
from mxnet.engines.inference import inference_graph
from mxnet.engines.onnx_model import Input, onnx_model
from mxnet.engines.package import has_runtime, new_session, require, runtime
from mxnet.errors import CompositionError, DTypeError, MXNetError, ShapeError, brief, few
from mxnet.files import atomic_write
from mxnet.ir.op import REGISTRY, Op
from mxnet.lazy import onnx
from mxnet.ndarray import NDArray
from mxnet.onnx.comparing import differences, samples
from mxnet.symbol.symbol import Symbol, load

__all__ = ["export_model", "get_operator_support"]

Shape = tuple[int, ...]
Params = str | os.PathLike[str] | Mapping[str, NDArray] | Sequence[Mapping[str, NDArray]]

_EVERYWHERE = 21
"""The newest opset that ONNX Runtime has every operator of; of later ones it lacks some."""
_MOST = 1e-3
"""By how much an output may differ, relative to its largest number, before that is called wrong."""
_LARGEST = (1 << 31) - 1
"""What fits into one file of protocol buffers; the weights of larger models go beside it."""


class DifferentNumbersError(MXNetError, ValueError):
    """ONNX Runtime computes other numbers from a model than the network that it was made from."""


def export_model(
    sym: Symbol | str | os.PathLike[str],
    params: Params,
    in_shapes: Sequence[Shape] | None = None,
    in_types: DTypeLike | Sequence[DTypeLike] = np.float32,
    onnx_file_path: str | os.PathLike[str] = "model.onnx",
    verbose: bool = False,
    dynamic: bool = False,
    dynamic_input_shapes: Sequence[Sequence[int | str | None]] | None = None,
    run_shape_inference: bool = False,
    input_type: DTypeLike | Sequence[DTypeLike] = None,
    input_shape: Sequence[Shape] | None = None,
    *,
    opset_version: int | None = None,
    verify: bool | None = None,
) -> str:
    """Write a network as an ONNX model.

    Losses become what they predict, and labels are left out; see ``Symbol.inference_symbol``. The model
    passes ONNX's checker. Where ONNX Runtime is installed it is run beside the network, on random numbers,
    and the largest difference is logged.

    Parameters
    ----------
    sym : Symbol or path
        The network, or its JSON file.
    params : dict of str to NDArray, list of such, or path
        Parameters and auxiliary states: with or without ``arg:`` and ``aux:``, in one dictionary or two, or
        their file.
    in_shapes : list of tuple of int
        The shapes of the inputs, in the order of ``list_arguments``; those of labels may be left out.
    in_types : dtype, or list of dtype
        Their data types.
    onnx_file_path : path
        The file to write. Weights of more than 2 GB are written beside it, as ``NAME.data``.
    verbose : bool
        Whether to log the model as text.
    dynamic : bool
        Whether extents may be open: the first of each input, unless `dynamic_input_shapes` says more.
    dynamic_input_shapes : list of tuple, optional
        The shapes of the inputs with a name, or None, for each open extent. Extents of one name are equal;
        so are those that are None and of one size on one axis.
    run_shape_inference : bool
        Whether the shapes of all values are written into the model.
    input_type, input_shape
        Older names of `in_types` and `in_shapes`.
    opset_version : int, optional
        The version of ONNX's operators, from 11 on. By default the newest, or the newest that ONNX Runtime
        has all operators of.
    verify : bool, optional
        Whether to run the model: False never does, True raises where it cannot be run or differs.

    Returns
    -------
    str
        The path of the file.

    Raises
    ------
    NotInOnnxError
        If ONNX cannot say some operators: with their nodes, and the nearest cut.
    MissingPackageError
        If the package onnx is not installed.
    MXNetError
        If shapes or parameters are missing or do not fit.

    Examples
    --------
    >>> import mxnet as mx, os, tempfile
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    >>> params = {"fc_weight": mx.nd.ones((2, 3)), "fc_bias": mx.nd.zeros((2,))}
    >>> path = os.path.join(tempfile.mkdtemp(), "fc.onnx")
    >>> os.path.basename(mx.onnx.export_model(net, params, [(1, 3)], onnx_file_path=path))
    'fc.onnx'
    """
    require()
    symbol = sym if isinstance(sym, Symbol) else load(sym)
    arrays = _arrays_of(params)
    shapes = in_shapes if input_shape is None else input_shape
    types = in_types if input_type is None else input_type
    network = Symbol(inference_graph(symbol.graph).outputs)
    inputs = _inputs_of(symbol, network, arrays, shapes, types)
    if dynamic or dynamic_input_shapes is not None:
        inputs = _opened(inputs, dynamic_input_shapes)
    made, session = _made(
        network, arrays, inputs, opset_version, run=has_runtime() if verify is None else verify
    )
    path = os.fspath(onnx_file_path)
    _write(made, path)
    if run_shape_inference:
        onnx.shape_inference.infer_shapes_path(path, path)
    if verbose:
        logging.info("%s", onnx.printer.to_text(made.graph))  # noqa: LOG015 - as MXNet does
    if session is not None:
        _report(session, network, arrays, inputs, path, strict=bool(verify))
    return path


def get_operator_support(opset_version: int | None = None) -> list[str]:
    """Return the names of the operators that can be exported.

    Parameters
    ----------
    opset_version : int, optional
        Ignored: what an old ONNX lacks depends on parameters, too, and is said when it is met.
    """
    del opset_version
    return sorted({"null", *(cls.name for cls in REGISTRY.values() if _is_known(cls))})


def _is_known(cls: type[Op]) -> bool:
    is_constant = not cls.inputs and not cls.aux and cls.pure and cls.variadic is None
    return bool(cls.onnx or cls.in_inference or cls.identity_in_inference or is_constant)


# -------------------------------------------------------------------------------------------- what is given


def _arrays_of(params: Params) -> dict[str, NDArray]:
    """Return the arrays by name, without ``arg:`` and ``aux:``."""
    if isinstance(params, str | os.PathLike):
        loaded = nd.load(params)
        if not isinstance(loaded, dict):
            raise CompositionError(f"{os.fspath(params)!r} holds arrays without names, so no parameters.")
        params = loaded
    parts = [params] if isinstance(params, Mapping) else list(params)
    arrays: dict[str, NDArray] = {}
    for part in parts:
        for name, array in part.items():
            kind, _, rest = name.partition(":")
            arrays[rest if kind in ("arg", "aux") and rest else name] = array
    return arrays


def _inputs_of(
    symbol: Symbol,
    network: Symbol,
    arrays: Mapping[str, NDArray],
    shapes: Sequence[Shape] | None,
    types: DTypeLike | Sequence[DTypeLike],
) -> list[Input]:
    """Return the inputs of the network that have no values."""
    needed = [name for name in network.list_inputs() if name not in arrays]
    every = [name for name in symbol.list_arguments() if name not in arrays]
    if shapes is None:
        raise ShapeError(f"export_model needs in_shapes, the shapes of the inputs: {few(needed)}.")
    given: list[Any] = [shapes] if shapes and isinstance(shapes[0], int) else list(shapes)  # type: ignore[unreachable]
    names = needed if len(given) == len(needed) else every
    if len(given) != len(names):
        raise ShapeError(
            f"in_shapes has {len(given)} shapes, but without values are {few(needed)}"
            f"{'' if needed == every else f' (with labels {few(every)})'}."
        )
    kinds = list(types) if isinstance(types, list | tuple) else [types] * len(names)
    if len(kinds) != len(names):
        raise DTypeError(f"in_types has {len(kinds)} data types for the inputs {few(names)}.")
    return [
        Input(name, tuple(map(int, shape)), dtype_name(kind))
        for name, shape, kind in zip(names, given, kinds, strict=True)
        if name in needed
    ]


def _opened(inputs: list[Input], shapes: Sequence[Sequence[int | str | None]] | None) -> list[Input]:
    """Return the inputs with names for their open extents."""
    if shapes is None:
        return [each._replace(names={0: "batch"} if each.shape else {}) for each in inputs]
    if len(shapes) != len(inputs):
        raise ShapeError(
            f"dynamic_input_shapes has {len(shapes)} shapes for the inputs {few(i.name for i in inputs)}."
        )
    opened = []
    for each, shape in zip(inputs, shapes, strict=True):
        if len(shape) != len(each.shape) or any(
            isinstance(wanted, int) and wanted != extent
            for wanted, extent in zip(shape, each.shape, strict=False)
        ):
            raise ShapeError(f"The dynamic shape {brief(shape)} of {each.name!r} does not fit {each.shape}.")
        names = {
            axis: wanted or f"axis{axis}_of_{each.shape[axis]}"
            for axis, wanted in enumerate(shape)
            if not isinstance(wanted, int)
        }
        opened.append(each._replace(names=names))
    return opened


# ------------------------------------------------------------------------------------------------ the model


def _made(
    network: Symbol, arrays: Mapping[str, NDArray], inputs: list[Input], opset: int | None, *, run: bool
) -> tuple[Any, Any]:
    """Return the checked model, and a session that runs it if that is wanted."""
    values = {name: arrays[name].asnumpy() for name in network.list_inputs() if name in arrays}
    newest = onnx.defs.onnx_opset_version()
    for version in (newest, min(_EVERYWHERE, newest)) if opset is None else (opset,):
        model = onnx_model(network.graph, values, inputs, version)
        if model.ByteSize() > _LARGEST:
            return model, None
        onnx.checker.check_model(model, full_check=True)
        if not run:
            return model, None
        lacking: type[Exception] = runtime().capi.onnxruntime_pybind11_state.NotImplemented
        try:
            return model, new_session(model.SerializeToString())
        except lacking as error:
            why = str(error)
    logging.warning("ONNX Runtime cannot run the model: %s", why)  # noqa: LOG015 - as MXNet does
    return model, None


def _write(model: Any, path: str) -> None:
    if model.ByteSize() > _LARGEST:
        beside = f"{os.path.basename(path)}.data"
        onnx.save_model(model, path, save_as_external_data=True, location=beside)
        onnx.checker.check_model(path, full_check=True)
        return
    with atomic_write(path) as file:
        file.write(model.SerializeToString())


def _report(
    session: Any,
    network: Symbol,
    arrays: Mapping[str, NDArray],
    inputs: list[Input],
    path: str,
    *,
    strict: bool,
) -> None:
    """Run both, and log the largest difference; raise where it is too large, if strict."""
    if any(node.op is not None and not node.op.pure for node in network.graph.nodes):
        return  # what draws random numbers draws others
    given = samples({i.name: i.shape for i in inputs}, {i.name: i.dtype for i in inputs})
    found = differences(session, network, arrays, given)
    name = max(found, key=lambda each: found[each])
    if found[name] <= _MOST:
        logging.info("%s: the largest difference in ONNX Runtime is %.1e, of %s.", path, found[name], name)  # noqa: LOG015
        return
    text = (
        f"{path}: in ONNX Runtime {name} differs by {found[name]:.1e} of its largest number from what the "
        "network computes."
    )
    if strict:
        raise DifferentNumbersError(text)
    logging.warning("%s", text)  # noqa: LOG015 - as MXNet does
