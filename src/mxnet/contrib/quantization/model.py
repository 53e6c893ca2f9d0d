"""Networks and their parameters in integers of 8 bits."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet import ndarray as nd
from mxnet.checkpoint import load_named_params
from mxnet.context import Context, cpu
from mxnet.contrib import blocks
from mxnet.contrib.quantization.calibration import (
    LayerHistogramCollector,
    LayerOutputMinMaxCollector,
    batches_of,
    look,
    optimal_thresholds,
)
from mxnet.contrib.quantization.graph import Choice, calibrate, calibrated_layers, quantize
from mxnet.errors import NameLookupError, ParameterError, did_you_mean
from mxnet.io import DataIter
from mxnet.ndarray import NDArray
from mxnet.symbol.symbol import Symbol, load

if TYPE_CHECKING:
    pass

__all__ = [
    "calib_graph",
    "calibrate_quantized_sym",
    "load_params",
    "load_sym",
    "quantize_graph",
    "quantize_model",
    "quantize_model_mkldnn",
    "quantize_net",
    "quantize_net_v2",
    "quantize_params",
    "quantize_symbol",
]

Params = Mapping[str, NDArray]
Names = Sequence[str] | None
Result = tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]
_CPU = cpu()


def quantize_model(
    sym: Symbol | str,
    arg_params: Params,
    aux_params: Params,
    data_names: Sequence[str] = ("data",),
    label_names: Names = ("softmax_label",),
    ctx: Context = _CPU,
    excluded_sym_names: Names = None,
    excluded_op_names: Names = None,
    calib_mode: str | None = "entropy",
    calib_data: DataIter | None = None,
    num_calib_examples: int | None = None,
    quantized_dtype: str = "int8",
    quantize_mode: str = "smart",
    quantize_granularity: str = "tensor-wise",
    logger: Any = None,
    calib_layer: Callable[[str], bool] | None = None,
) -> Result:
    """Return a network that computes with integers of 8 bits where there are operators for that.

    Parameters
    ----------
    sym : Symbol or str
        The network, or the path of its file.
    arg_params, aux_params : dict of str to NDArray
        Its parameters and auxiliary states.
    data_names, label_names : list of str
        The variables that data and labels of `calib_data` are for.
    ctx : Context
        Where the network is computed for calibration.
    excluded_sym_names, excluded_op_names : list of str, optional
        Nodes, and operators, that stay as they are.
    calib_mode : {'entropy', 'naive', 'none'}
        How the ranges of layers are found: so that the distribution of numbers changes least, or by the least
        and the greatest number, both on `calib_data`; or anew in every batch.
    calib_data : DataIter, optional
        What the network is computed on to find ranges.
    num_calib_examples : int, optional
        How many samples are enough for that.
    quantized_dtype : {'int8', 'uint8', 'auto'}
        What layers become; ``auto`` is uint8 where no number was negative, and a dense layer reads them.
    quantize_mode : {'smart', 'full'}
        Whether operators are left alone that do not stand between two layers with weights.
    quantize_granularity : {'tensor-wise', 'channel-wise'}
        Accepted for compatibility: a weight has one range.
    logger : logging.Logger, optional
        Is told what happens.
    calib_layer : callable, optional
        Takes the name of an output and returns whether its range is looked for, as in MXNet 1.2 to 1.4.

    Returns
    -------
    symbol : Symbol
    arg_params, aux_params : dict of str to NDArray
        Weights as int8, with the two ends of their ranges.

    Raises
    ------
    ValueError
        If an argument is none of these.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc", no_bias=True)
    >>> weights = {"fc_weight": mx.nd.array([[1, -0.5], [0, 0.5]])}
    >>> qnet, qweights, _ = mx.contrib.quantization.quantize_model(net, weights, {}, calib_mode="none")
    >>> qweights["fc_weight_quantize"].asnumpy().tolist()
    [[127, -64], [0, 64]]
    >>> qnet.eval(data=mx.nd.array([[2, 1]]), **qweights)[0].asnumpy().round(1).tolist()
    [[1.5, 0.5]]
    """
    network = blocks.Network(load_sym(sym), dict(arg_params), dict(aux_params))
    _check(calib_mode, quantized_dtype, quantize_granularity, ("none", "naive", "entropy"))
    choice = _choice(network, quantized_dtype, quantize_mode, excluded_sym_names, excluded_op_names)
    _say(logger, "Quantizing the network.")
    symbol = Symbol(quantize(network.symbol.graph, choice))
    collector = _collector(calib_mode, quantized_dtype, symbol, logger)
    if collector is not None:
        if calib_data is None:
            raise ParameterError(
                f"calib_mode={calib_mode!r} needs calib_data, what to compute to find ranges."
            )
        if not isinstance(calib_data, DataIter):
            raise ParameterError(f"calib_data must be a DataIter, but is {type(calib_data).__name__}.")
        if calib_layer is not None:
            collector.include_layer = list(filter(calib_layer, collector.include_layer))
        seen = look(
            network, batches_of(calib_data), collector, ctx, data_names, label_names or (), num_calib_examples
        )
        _say(logger, "Looked at the layers of %d samples.", seen)
        symbol = _with_ranges(symbol, collector, calib_mode, quantized_dtype, logger)
    return symbol, quantize_params(symbol, arg_params), dict(aux_params)


quantize_model_mkldnn = quantize_model


def quantize_graph(
    sym: Symbol,
    arg_params: Params,
    aux_params: Params,
    ctx: Context = _CPU,  # noqa: ARG001 - a graph is the same everywhere
    excluded_sym_names: Names = None,
    excluded_op_names: Names = None,
    calib_mode: str | None = "entropy",
    quantized_dtype: str = "int8",
    quantize_mode: str = "full",
    quantize_granularity: str = "tensor-wise",
    LayerOutputCollector: Any = None,  # noqa: N803 - as in MXNet
    logger: Any = None,
) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray], Any]:
    """Return a network in integers without ranges, and what collects them; :func:`calib_graph` puts them in.

    Parameters
    ----------
    sym, arg_params, aux_params, ctx, excluded_sym_names, excluded_op_names, quantized_dtype, quantize_mode
        As of :func:`quantize_model`.
    calib_mode : {'entropy', 'naive', 'customize', 'none'}
        What is collected.
    LayerOutputCollector : object, optional
        With ``customize``: what collects, see Returns.
    quantize_granularity, logger
        As of :func:`quantize_model`.

    Returns
    -------
    symbol : Symbol
    arg_params, aux_params : dict of str to NDArray
    collector : object or None
        Has ``collect(name, array)`` for a monitor of `sym`, and ``include_layer``, the outputs it looks at.
    """
    network = blocks.Network(load_sym(sym), dict(arg_params), dict(aux_params))
    _check(calib_mode, quantized_dtype, quantize_granularity, ("none", "naive", "entropy", "customize"))
    choice = _choice(network, quantized_dtype, quantize_mode, excluded_sym_names, excluded_op_names)
    _say(logger, "Quantizing the network.")
    symbol = Symbol(quantize(network.symbol.graph, choice))
    if calib_mode == "customize":
        if LayerOutputCollector is None:
            raise ParameterError("calib_mode='customize' needs LayerOutputCollector, what collects.")
        collector = LayerOutputCollector
    else:
        collector = _collector(calib_mode, quantized_dtype, symbol, logger)
    return symbol, quantize_params(symbol, arg_params), dict(aux_params), collector


def calib_graph(
    qsym: Symbol,
    arg_params: Params,
    aux_params: Params,
    collector: Any,
    calib_mode: str = "entropy",
    quantized_dtype: str = "int8",
    logger: Any = None,
) -> Result:
    """Put the ranges that a collector has found into a quantized network.

    Parameters
    ----------
    qsym : Symbol
        The network of :func:`quantize_graph`.
    arg_params, aux_params : dict of str to NDArray
        The parameters before they were quantized.
    collector : object
        What :func:`quantize_graph` returned: with ``hist_dict`` for ``entropy``, and with ``min_max_dict``
        otherwise.
    calib_mode : {'entropy', 'naive', 'customize'}
        What it has collected.
    quantized_dtype, logger
        As of :func:`quantize_graph`.
    """
    if calib_mode not in ("entropy", "naive", "customize"):
        raise ParameterError(f"calib_mode is {calib_mode!r}. Expected 'entropy', 'naive' or 'customize'.")
    symbol = _with_ranges(qsym, collector, calib_mode, quantized_dtype, logger)
    return symbol, quantize_params(symbol, arg_params), dict(aux_params)


def quantize_net_v2(
    network: Any,
    quantized_dtype: str = "auto",
    quantize_mode: str = "full",
    quantize_granularity: str = "tensor-wise",
    exclude_layers: Names = None,
    exclude_layers_match: Names = None,
    exclude_operators: Names = None,
    calib_data: Any = None,
    data_shapes: Sequence[Any] | None = None,
    calib_mode: str | None = "none",
    num_calib_examples: int | None = None,
    ctx: Context = _CPU,
    LayerOutputCollector: Any = None,  # noqa: N803 - as in MXNet
    logger: Any = None,
) -> Any:
    """Return a ``SymbolBlock`` that computes what a block of Gluon does with integers of 8 bits.

    Parameters
    ----------
    network : HybridBlock
        The block, with parameters. If `data_shapes` is given, it is hybridized and called with zeros;
        otherwise it has to be hybridized, and to have been called.
    exclude_layers, exclude_operators : list of str, optional
        Nodes, and operators, that stay as they are.
    exclude_layers_match : list of str, optional
        Parts of names of nodes that stay as they are.
    calib_data : DataIter or DataLoader, optional
        What the network is computed on to find ranges.
    data_shapes : list of DataDesc or of tuple of int, optional
        The shapes of the inputs.
    LayerOutputCollector : object, optional
        With ``calib_mode='customize'``: what collects, as of :func:`quantize_graph`.
    quantized_dtype, quantize_mode, quantize_granularity, calib_mode, num_calib_examples, ctx, logger
        As of :func:`quantize_model`.
    """
    if data_shapes is not None:
        network.hybridize()
        network(*(nd.zeros(getattr(shape, "shape", shape), ctx) for shape in data_shapes))
    original = blocks.as_network(network)
    matched = [
        node.name
        for node in original.symbol.graph.operators
        if any(part in node.name for part in exclude_layers_match or ())
    ]
    symbol, args, aux, collector = quantize_graph(
        *original,
        ctx,
        [*(exclude_layers or ()), *matched],
        exclude_operators,
        calib_mode,
        quantized_dtype,
        quantize_mode,
        quantize_granularity,
        LayerOutputCollector,
        logger,
    )
    if collector is not None:
        if calib_data is None:
            raise ParameterError(
                f"calib_mode={calib_mode!r} needs calib_data, what to compute to find ranges."
            )
        names = original.data_names
        look(original, batches_of(calib_data), collector, ctx, names, (), num_calib_examples)
        symbol, args, aux = calib_graph(
            symbol, original.arg_params, aux, collector, calib_mode or "none", quantized_dtype, logger
        )
    return blocks.as_block(blocks.Network(symbol, args, aux), ctx)


def quantize_net(
    network: Any,
    quantized_dtype: str = "auto",
    quantize_mode: str = "full",
    exclude_layers: Names = None,
    exclude_layers_match: Names = None,
    exclude_operators: Names = None,
    calib_data: Any = None,
    data_shapes: Sequence[Any] | None = None,
    calib_mode: str | None = "none",
    num_calib_examples: int | None = None,
    ctx: Context = _CPU,
    logger: Any = None,
) -> Any:
    """Do what :func:`quantize_net_v2` does: its older name, with fewer parameters."""
    return quantize_net_v2(
        network,
        quantized_dtype,
        quantize_mode,
        "tensor-wise",
        exclude_layers,
        exclude_layers_match,
        exclude_operators,
        calib_data,
        data_shapes,
        calib_mode,
        num_calib_examples,
        ctx,
        None,
        logger,
    )


# -------------------------------------------------------------------------------------------------- the steps


def quantize_symbol(
    sym: Symbol,
    ctx: Context = _CPU,  # noqa: ARG001 - a graph is the same everywhere
    excluded_symbols: Names = None,
    excluded_operators: Names = None,
    offline_params: Names = None,
    quantized_dtype: str = "int8",
    quantize_mode: str = "smart",
    quantize_granularity: str = "tensor-wise",  # noqa: ARG001
) -> tuple[Symbol, list[str]]:
    """Return a network in integers, and the names of the values whose ranges it can be given."""
    choice = Choice(
        quantized_dtype, quantize_mode, offline_params or (), excluded_symbols or (), excluded_operators or ()
    )
    symbol = Symbol(quantize(sym.graph, choice))
    return symbol, calibrated_layers(symbol.graph)


def calibrate_quantized_sym(qsym: Symbol, th_dict: Mapping[str, tuple[Any, Any]] | None) -> Symbol:
    """Return a quantized network that knows the ranges of values, by their names."""
    return Symbol(calibrate(qsym.graph, th_dict)) if th_dict else qsym


def quantize_params(qsym: Symbol, params: Params, th_dict: Any = None) -> dict[str, NDArray]:  # noqa: ARG001
    """Return the parameters that a quantized network has, those that it wants as integers with their ranges.

    Raises
    ------
    KeyError
        If one is missing.
    """
    made: dict[str, NDArray] = {}
    names = qsym.list_arguments()
    for name in names:
        original = name.removesuffix("_quantize")
        if original != name and f"{name}_min" in names:
            if original not in params:
                raise NameLookupError(
                    f"There is no parameter {original!r} to quantize.{did_you_mean(original, params)}"
                )
            array = params[original]
            made[name], made[f"{name}_min"], made[f"{name}_max"] = nd.contrib.quantize(
                array, array.min(), array.max(), out_type="int8"
            )
        elif name in params:
            made[name] = params[name]
    return made


def load_sym(sym: Any, logger: Any = None) -> Symbol:
    """Return a network that is given as such, or by the path of its file."""
    if isinstance(sym, Symbol):
        return sym
    if not isinstance(sym, (str, os.PathLike)):
        raise ParameterError(f"sym must be a Symbol or the path of its file, not {sym!r}.")
    _say(logger, "Loading the network from %s.", sym)
    return load(os.fspath(sym))


def load_params(params: Any, logger: Any = None) -> tuple[Params, Params]:
    """Return parameters and auxiliary states that are given as a pair, or by the path of their file."""
    if isinstance(params, (list, tuple)) and len(params) == 2:
        return params[0], params[1]
    if not isinstance(params, (str, os.PathLike)):
        raise ParameterError(f"params must be a pair of dictionaries or the path of a file, not {params!r}.")
    _say(logger, "Loading the parameters from %s.", params)
    return load_named_params(os.fspath(params))


def _choice(
    network: blocks.Network, dtype: str, mode: str, excluded_names: Names, excluded_operators: Names
) -> Choice:
    for what, given in (("excluded_sym_names", excluded_names), ("excluded_op_names", excluded_operators)):
        if given is not None and not isinstance(given, (list, tuple)):
            raise ParameterError(f"{what} must be a list of names, but is {given!r}.")
    return Choice(dtype, mode, network.arg_params.keys(), excluded_names or (), excluded_operators or ())


def _check(calib_mode: str | None, dtype: str, granularity: str, modes: Sequence[str]) -> None:
    for what, given, known in (
        ("calib_mode", calib_mode or "none", modes),
        ("quantized_dtype", dtype, ("int8", "uint8", "auto")),
        ("quantize_granularity", granularity, ("tensor-wise", "channel-wise")),
    ):
        if given not in known:
            expected = ", ".join(map(repr, known))
            raise ParameterError(
                f"{what} is {given!r}. Expected one of {expected}.{did_you_mean(given, known)}"
            )


def _collector(calib_mode: str | None, dtype: str, symbol: Symbol, logger: Any) -> Any:
    """Return what collects for this mode, from the values whose ranges a quantized network uses."""
    layers = calibrated_layers(symbol.graph)
    if calib_mode == "entropy":
        return LayerHistogramCollector(include_layer=layers, logger=logger)
    if calib_mode == "naive":
        return LayerOutputMinMaxCollector(dtype, include_layer=layers, logger=logger)
    return None


def _with_ranges(symbol: Symbol, collector: Any, calib_mode: str | None, dtype: str, logger: Any) -> Symbol:
    if calib_mode == "entropy":
        _say(logger, "Calculating where to cut numbers off.")
        ranges = optimal_thresholds(collector.hist_dict, dtype, logger=logger)
    else:
        ranges = collector.min_max_dict
    negative = [name for name, (low, _) in ranges.items() if low < 0]
    if dtype == "uint8" and negative:
        warnings.warn(
            f"uint8 has no negative numbers, but there are some in {', '.join(negative[:5])}"
            f"{' ...' if len(negative) > 5 else ''}. quantized_dtype='auto' takes int8 for these.",
            UserWarning,
            stacklevel=3,
        )
    return calibrate_quantized_sym(symbol, ranges)


def _say(logger: Any, message: str, *values: Any) -> None:
    if logger is not None:
        logger.info(message, *values)
