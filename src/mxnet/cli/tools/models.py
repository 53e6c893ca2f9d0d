"""Finds a model by whatever name a person has for it: a prefix, a file, a folder, an archive."""

from __future__ import annotations

import math
import os
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from mxnet import ndarray as nd
from mxnet.archives import is_archive
from mxnet.checkpoint import check_params, load_checkpoint, sort_params
from mxnet.cli.tools.failing import Failure, warn
from mxnet.cli.tools.finding import model_name, network_file, params_beside
from mxnet.cli.tools.shapes import InputShapes, input_shapes, parse_shapes
from mxnet.dtype import dtype_name
from mxnet.engines.inference import NothingLeftError
from mxnet.errors import did_you_mean, few
from mxnet.onnx.onnx2mx import import_model
from mxnet.symbol.symbol import Group, Symbol, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mxnet.ndarray import NDArray

__all__ = ["Model", "find_model", "find_network"]


@dataclass
class Model:
    """A network with its parameters, and where they come from.

    Attributes
    ----------
    symbol : Symbol
        The network as it was saved.
    arguments, states : dict of str to NDArray
        Its parameters and auxiliary states; those that were not found are drawn at random by `complete`.
    name : str
        What it is called.
    sources : tuple of str
        The files.
    has_parameters : bool
        Whether any file of parameters was found.
    """

    symbol: Symbol
    arguments: dict[str, NDArray] = field(default_factory=dict)
    states: dict[str, NDArray] = field(default_factory=dict)
    name: str = "model"
    sources: tuple[str, ...] = ()
    has_parameters: bool = True

    @property
    def every(self) -> dict[str, NDArray]:
        """The parameters and states by name."""
        return {**self.arguments, **self.states}

    def for_inference(self) -> Model:
        """Return the model without losses and labels.

        Where nothing would be left, as a loss is of an operator that nobody knows, it ends before that.
        """
        try:
            symbol = self.symbol.inference_symbol()
        except NothingLeftError:
            read = {
                node.name: node.inputs[0]
                for node in (each.node for each in self.symbol.graph.outputs)
                if node.inputs
            }
            if not read or any(entry.node.op is None for entry in read.values()):
                raise
            symbol = Symbol(tuple(read.values())).inference_symbol()
            warn(f"{few(read)} takes labels and is of no use here; the network ends before it.")
        arguments = {name: self.arguments[name] for name in symbol.list_arguments() if name in self.arguments}
        states = {name: self.states[name] for name in symbol.list_auxiliary_states() if name in self.states}
        return Model(symbol, arguments, states, self.name, self.sources, self.has_parameters)

    def input_shapes(self, texts: Iterable[str] = ()) -> InputShapes:
        """Return the shapes of the inputs: those that are given as texts, and those that fit.

        Raises
        ------
        MXNetError
            If they cannot be known, or parameters do not fit.
        """
        known = {name: tuple(array.shape) for name, array in self.every.items()}
        given = parse_shapes(texts, self.symbol.list_arguments())
        if self.has_parameters:
            check_params(self.symbol, self.arguments, self.states, **given)
        return input_shapes(self.symbol, known, given)

    def dtypes(self) -> dict[str, str]:
        """Return the data types of all variables: those of parameters, and what goes with them."""
        names, states = self.symbol.list_arguments(), self.symbol.list_auxiliary_states()
        known = {name: dtype_name(array.dtype) for name, array in self.arguments.items() if name in names}
        found, _, found_states = self.symbol.infer_type_partial(**known)
        every = zip([*names, *states], [*(found or ()), *(found_states or ())], strict=True)
        return {name: dtype_name(kind or "float32") for name, kind in every}

    def complete(self, shapes: Mapping[str, tuple[int, ...]]) -> Model:
        """Return the model with numbers for all parameters: at random, where no file has any.

        Raises
        ------
        MXNetError
            If there are parameters, but not all.
        """
        names, states = self.symbol.list_arguments(), self.symbol.list_auxiliary_states()
        missing = [name for name in (*names, *states) if name not in self.every and name not in shapes]
        if not missing:
            return self
        if self.has_parameters:
            raise Failure(f"{self.sources[-1]!r} lacks {few(missing)}.")
        found, _, found_states = self.symbol.infer_shape(**shapes)
        if found is None:
            found, _, found_states = self.symbol.infer_shape_partial(**shapes)
            unknown = [
                name for name, shape in zip(names, found or (), strict=True) if not shape or 0 in shape
            ]
            raise Failure(f"The shapes of {few(unknown)} do not follow: give them with --shape NAME=...")
        every = dict(zip([*names, *states], [*found, *(found_states or ())], strict=True))
        drawn = {name: _drawn(name, every[name]) for name in missing}
        arguments = {**self.arguments, **{name: drawn[name] for name in missing if name in names}}
        filled = {**self.states, **{name: drawn[name] for name in missing if name in states}}
        return Model(self.symbol, arguments, filled, self.name, self.sources, has_parameters=False)


def _drawn(name: str, shape: tuple[int, ...]) -> NDArray:
    """Return numbers such as a parameter may have: of one size for all layers, and the same each time."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    if name.endswith("var"):
        numbers = random.uniform(0.5, 1.5, shape)
    elif name.endswith("gamma"):
        numbers = random.uniform(0.9, 1.1, shape)
    else:
        weigh = len(shape) > 1
        numbers = random.normal(0, math.prod(shape[1:]) ** -0.5 if weigh else 0.05, shape)
    return nd.array(numbers)


# --------------------------------------------------------------------------------------------------- finding


def find_model(
    path: str, params: str | None = None, epoch: int | None = None, cut: str | None = None
) -> Model:
    """Return the model that a path means.

    Parameters
    ----------
    path : str
        A prefix, ``PREFIX-symbol.json`` or another file of a network, ``PREFIX-0001.params``, a folder with
        one model, an archive such as ``model.tar.gz``, or an ONNX model.
    params : str, optional
        The file of parameters; by default that of the last epoch beside the network.
    epoch : int, optional
        Which of them.
    cut : str, optional
        The node at which the network is to end.

    Raises
    ------
    MXNetError
        If there is none, several, or a file is damaged.
    """
    model = _found(path, params, epoch)
    if cut is None:
        return model
    internals = model.symbol.get_internals()
    names = internals.list_outputs()
    wanted = [name for name in names if name == cut or name.startswith(f"{cut}_output")]
    if not wanted:
        nodes = [name.removesuffix("_output") for name in names]
        raise Failure(f"The network has no node {cut!r}.{did_you_mean(cut, nodes)}")
    return replace(model, symbol=Group([internals[name] for name in wanted]))


def _found(path: str, params: str | None, epoch: int | None) -> Model:
    name = model_name(path)
    if is_archive(path):
        symbol, arguments, states = load_checkpoint(path, epoch)
        return Model(symbol, arguments, states, name, (path,))
    if path.endswith(".onnx") and os.path.exists(path):
        symbol, arguments, states = import_model(path)
        return Model(symbol, arguments, states, name, (path,))
    network, prefix, own = network_file(path)
    symbol = load(network)
    found = params or own or params_beside(network, prefix, epoch)
    if found is None:
        return Model(symbol, name=name, sources=(network,), has_parameters=False)
    arguments, states = _load_params(found, symbol)
    return Model(symbol, arguments, states, name, (network, found))


def find_network(path: str) -> Symbol:
    """Return the network that a path means, without parameters."""
    if is_archive(path) or path.endswith(".onnx"):
        return find_model(path).symbol
    return load(network_file(path)[0])


def _load_params(path: str, symbol: Symbol) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
    return sort_params(nd.load(path), path, symbol)
