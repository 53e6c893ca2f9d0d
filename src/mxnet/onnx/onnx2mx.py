"""``import_model``: an ONNX model, of opset 7 to today, becomes a symbol and its parameters."""

from __future__ import annotations

import importlib
import importlib.util
import os
from typing import TYPE_CHECKING, Any

from mxnet import ndarray as nd
from mxnet.engines.package import require
from mxnet.errors import FileFormatError, MissingPackageError
from mxnet.files import read_file
from mxnet.lazy import onnx
from mxnet.onnx import readers
from mxnet.onnx.reading import read_graph

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.ndarray import NDArray
    from mxnet.symbol.symbol import Symbol

__all__ = ["get_model_metadata", "import_model", "import_to_gluon", "readers"]

OLDEST = 7


def import_model(
    model_file: str | os.PathLike[str],
) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """Read an ONNX model.

    Parameters
    ----------
    model_file : path
        The file; weights beside it are found.

    Returns
    -------
    sym : Symbol
        The network, its variables named as in the model.
    arg_params, aux_params : dict of str to NDArray
        Its parameters and auxiliary states.

    Raises
    ------
    NotReadError
        If it has operators that have no counterpart here; with all of them.
    MissingPackageError
        If the package onnx is not installed.
    FileFormatError
        If the file is no ONNX model, or of an opset before 7.
    """
    model = _load(model_file)
    read = read_graph(model)
    states = set(read.symbol.list_auxiliary_states())
    arrays = {name: nd.array(array, dtype=array.dtype) for name, array in read.params.items()}
    arguments = {name: array for name, array in arrays.items() if name not in states}
    return read.symbol, arguments, {name: array for name, array in arrays.items() if name in states}


def import_to_gluon(model_file: str | os.PathLike[str], ctx: Context | list[Context]) -> Any:
    """Read an ONNX model as a block of Gluon.

    Parameters
    ----------
    model_file : path
        The file.
    ctx : Context or list of Context
        Where its parameters are put.

    Returns
    -------
    SymbolBlock
    """
    if importlib.util.find_spec("mxnet.gluon") is None:
        raise MissingPackageError("import_to_gluon needs mxnet.gluon, which this version does not have.")
    gluon: Any = importlib.import_module("mxnet.gluon")
    symbol, arguments, states = import_model(model_file)
    known = {*arguments, *states}
    inputs = [name for name in symbol.list_inputs() if name not in known]
    variables: Any = importlib.import_module("mxnet.symbol")
    block = gluon.nn.SymbolBlock(symbol, [variables.Variable(name) for name in inputs])
    parameters = block.collect_params()
    for name, array in {**arguments, **states}.items():
        if name in parameters:
            parameters[name].shape = array.shape
            parameters[name]._load_init(array, ctx)
    return block


def get_model_metadata(model_file: str | os.PathLike[str]) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
    """Return the names and shapes of a model's inputs and outputs; 0 stands for an open extent.

    Returns
    -------
    dict
        ``input_tensor_data`` and ``output_tensor_data``, lists of (name, shape).
    """
    graph = _load(model_file).graph
    constants = {tensor.name for tensor in graph.initializer}
    return {
        "input_tensor_data": [_described(each) for each in graph.input if each.name not in constants],
        "output_tensor_data": [_described(each) for each in graph.output],
    }


def _described(info: Any) -> tuple[str, tuple[int, ...]]:
    return info.name, tuple(each.dim_value for each in info.type.tensor_type.shape.dim)


def _load(model_file: str | os.PathLike[str]) -> Any:
    require()
    path = os.fspath(model_file)
    contents = read_file(path)
    try:
        model = onnx.load_model_from_string(contents)
    except Exception as error:  # protocol buffers' own, which has no public base
        raise FileFormatError(f"{path!r} is no ONNX model: {error}") from None
    if not model.graph.node and not model.graph.output:
        raise FileFormatError(f"{path!r} is no ONNX model: it holds no graph.")
    if any(onnx.external_data_helper.uses_external_data(each) for each in model.graph.initializer):
        try:
            onnx.external_data_helper.load_external_data_for_model(model, os.path.dirname(path) or ".")
        except Exception as error:  # a file is missing, too short, or elsewhere than beside the model
            raise FileFormatError(f"{path!r} names weights that cannot be read: {error}") from None
    opset = max((each.version for each in model.opset_import if not each.domain), default=1)
    newest = onnx.defs.onnx_opset_version()
    if not OLDEST <= opset <= newest:
        raise FileFormatError(f"{path!r} is of opset {opset}; those from {OLDEST} to {newest} can be read.")
    return model
