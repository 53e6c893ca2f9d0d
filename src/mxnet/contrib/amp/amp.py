"""What users call for mixed precision: conversions of networks, and the lists they go by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.context import cpu
from mxnet.contrib import blocks
from mxnet.contrib.amp.convert import convert_graph
from mxnet.contrib.amp.lists import lists_of
from mxnet.contrib.amp.needs import Conditions, Names, Needs
from mxnet.contrib.amp.running import init, init_trainer, is_initialized, scale_loss, unscale
from mxnet.contrib.checks import CheckError
from mxnet.dtype import NAMES, DTypeLike
from mxnet.errors import NameLookupError, did_you_mean
from mxnet.module import BucketingModule
from mxnet.ndarray import NDArray
from mxnet.symbol.symbol import Symbol

if TYPE_CHECKING:
    from mxnet.context import Context

__all__ = [
    "convert_bucketing_module",
    "convert_hybrid_block",
    "convert_model",
    "convert_symbol",
    "init",
    "init_trainer",
    "list_conditional_fp32_ops",
    "list_fp32_ops",
    "list_loss_output_functions",
    "list_lp16_fp32_ops",
    "list_lp16_ops",
    "list_lp16_use_fp32_params",
    "list_widest_type_cast",
    "scale_loss",
    "unscale",
]

Params = Mapping[str, NDArray]


def __getattr__(name: str) -> Any:
    """Return ``_amp_initialized``, by which packages above Gluon choose constants that float16 can hold."""
    if name == "_amp_initialized":
        return is_initialized()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def convert_symbol(
    sym: Symbol,
    target_dtype: DTypeLike = "float16",
    target_dtype_ops: Names = None,
    fp32_ops: Names = None,
    conditional_fp32_ops: Conditions = None,
    excluded_sym_names: Names = None,
    data_names: Names = None,
    cast_optional_params: bool = False,
) -> Symbol:
    """Return a network that computes in a narrow dtype where that does no harm; its ends stay float32.

    Parameters
    ----------
    sym : Symbol
        The network, in float32.
    target_dtype : {'float16', 'bfloat16'}
        The narrow dtype.
    target_dtype_ops, fp32_ops : list of str, optional
        Operators that compute in the narrow dtype, and those that do not; by default :func:`list_lp16_ops`
        and :func:`list_fp32_ops`.
    conditional_fp32_ops : list of (str, str, list of str), optional
        Operators, parameters and their values with which the operator computes in float32; by default
        :func:`list_conditional_fp32_ops`.
    excluded_sym_names : list of str, optional
        Names of nodes that compute in float32.
    data_names : list of str, optional
        Variables that are data; all by default.
    cast_optional_params : bool, default False
        Whether the other variables, which are parameters, become narrow themselves if only operators of the
        narrow dtype need them.

    Raises
    ------
    AssertionError
        If a list has something else, an operator nobody knows, or one that another list has as well.
    MXNetError
        If dtypes contradict each other then, such as those of weights and data of a layer in no list.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.sym.softmax(mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=2, name="fc"))
    >>> mixed = mx.contrib.amp.convert_symbol(net)
    >>> mixed.get_internals().list_outputs()[-2:]
    ['fc_output_amp_cast_float32_output', 'softmax0_output']
    """
    if not isinstance(sym, Symbol):
        raise CheckError(f"convert_symbol takes a Symbol, not {sym!r}.")
    needs = Needs.of(target_dtype, target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names)
    inputs = sym.list_inputs()
    data_names = inputs if data_names is None else data_names
    for name in data_names:
        if name not in inputs:
            raise NameLookupError(
                f"data_names has {name!r}, which is no variable.{did_you_mean(name, inputs)}"
            )
    converted = Symbol(convert_graph(sym.graph, needs, data_names, cast_optional_params))
    converted.infer_type_partial(**{**dict.fromkeys(inputs, "float32"), **_declared(converted)})
    return converted


def convert_model(
    sym: Symbol,
    arg_params: Params,
    aux_params: Params,
    target_dtype: DTypeLike = "float16",
    target_dtype_ops: Names = None,
    fp32_ops: Names = None,
    conditional_fp32_ops: Conditions = None,
    excluded_sym_names: Names = None,
    cast_optional_params: bool = False,
) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
    """Convert a network together with its parameters.

    Parameters
    ----------
    sym : Symbol
        The network, in float32.
    arg_params, aux_params : dict of str to NDArray
        Its parameters and auxiliary states.
    target_dtype, target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names
        As of :func:`convert_symbol`.
    cast_optional_params : bool, default False
        Whether parameters become narrow that only operators of the narrow dtype need, which halves the model.

    Returns
    -------
    symbol : Symbol
    arg_params, aux_params : dict of str to NDArray
        Copies where the dtype is another.
    """
    for what, params in (("arg_params", arg_params), ("aux_params", aux_params)):
        if not isinstance(params, Mapping) or not all(isinstance(a, NDArray) for a in params.values()):
            raise CheckError(f"{what} must be a dictionary of names to NDArrays.")
    network = blocks.Network(sym, dict(arg_params), dict(aux_params))
    converted = convert_symbol(
        sym,
        target_dtype,
        target_dtype_ops,
        fp32_ops,
        conditional_fp32_ops,
        excluded_sym_names,
        network.data_names if isinstance(sym, Symbol) else None,
        cast_optional_params,
    )
    declared = _declared(converted)

    def cast(params: Params) -> dict[str, NDArray]:
        return {
            name: array.astype(declared[name], copy=False) if name in declared else array
            for name, array in params.items()
        }

    return converted, cast(arg_params), cast(aux_params)


def convert_bucketing_module(
    bucketing_mod: BucketingModule,
    target_dtype: DTypeLike = "float16",
    target_dtype_ops: Names = None,
    fp32_ops: Names = None,
    conditional_fp32_ops: Conditions = None,
    excluded_sym_names: Names = None,
    cast_optional_params: bool = False,
) -> BucketingModule:
    """Return a module, not bound, of the networks and parameters of another one, converted.

    Parameters
    ----------
    bucketing_mod : BucketingModule
        The module, with parameters.
    target_dtype, target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names, cast_optional_params
        As of :func:`convert_model`.
    """
    if not isinstance(bucketing_mod, BucketingModule):
        raise CheckError(f"convert_bucketing_module takes a BucketingModule, not {bucketing_mod!r}.")
    params = bucketing_mod.get_params()

    def converted(symbol: Symbol) -> tuple[Symbol, dict[str, NDArray], dict[str, NDArray]]:
        return convert_model(
            symbol,
            *params,
            target_dtype,
            target_dtype_ops,
            fp32_ops,
            conditional_fp32_ops,
            excluded_sym_names,
            cast_optional_params,
        )

    def generate(key: Any) -> tuple[Symbol, Names, Names]:
        symbol, data_names, label_names = bucketing_mod._sym_gen(key)
        return converted(symbol)[0], data_names, label_names

    key = bucketing_mod._default_bucket_key
    _, arg_params, aux_params = converted(bucketing_mod._sym_gen(key)[0])
    return BucketingModule.load_dict(
        sym_gen=generate,
        default_bucket_key=key,
        arg_params=arg_params,
        aux_params=aux_params,
        logger=bucketing_mod.logger,
        context=bucketing_mod._context,
        work_load_list=bucketing_mod._work_load_list,
        fixed_param_names=bucketing_mod._fixed_param_names,
        state_names=bucketing_mod._state_names,
        group2ctxs=bucketing_mod._group2ctxs,
        compression_params=bucketing_mod._compression_params,
    )


def convert_hybrid_block(
    block: Any,
    target_dtype: DTypeLike = "float16",
    target_dtype_ops: Names = None,
    fp32_ops: Names = None,
    conditional_fp32_ops: Conditions = None,
    excluded_sym_names: Names = None,
    ctx: Context | Sequence[Context] | None = None,
    cast_optional_params: bool = False,
) -> Any:
    """Return a ``SymbolBlock`` of what a block of Gluon computes, converted.

    Parameters
    ----------
    block : HybridBlock
        The block, hybridized, and called at least once.
    ctx : Context or list of Context, optional
        Where the parameters go; the CPU by default.
    target_dtype, target_dtype_ops, fp32_ops, conditional_fp32_ops, excluded_sym_names, cast_optional_params
        As of :func:`convert_model`.
    """
    converted = convert_model(
        *blocks.as_network(block),
        target_dtype,
        target_dtype_ops,
        fp32_ops,
        conditional_fp32_ops,
        excluded_sym_names,
        cast_optional_params,
    )
    return blocks.as_block(blocks.Network(*converted), cpu() if ctx is None else ctx)


def _declared(symbol: Symbol) -> dict[str, str]:
    """Return the dtypes that variables say they have."""
    return {
        name: NAMES[int(attrs["__dtype__"])]
        for name, attrs in symbol.attr_dict().items()
        if "__dtype__" in attrs
    }


def list_lp16_ops(target_dtype: DTypeLike) -> list[str]:
    """Return the operators that compute in the narrow dtype."""
    return lists_of(target_dtype).narrow


def list_fp32_ops(target_dtype: DTypeLike) -> list[str]:
    """Return the operators that compute in float32."""
    return lists_of(target_dtype).float32


def list_lp16_fp32_ops(target_dtype: DTypeLike) -> list[str]:
    """Return the operators that compute in whatever they are given."""
    return lists_of(target_dtype).either


def list_conditional_fp32_ops(target_dtype: DTypeLike) -> list[tuple[str, str, list[str]]]:
    """Return the operators that compute in float32 if a parameter has one of some values."""
    return lists_of(target_dtype).conditional


def list_widest_type_cast(target_dtype: DTypeLike) -> list[str]:
    """Return the operators that compute in the widest dtype among their inputs."""
    return lists_of(target_dtype).widest


def list_loss_output_functions(target_dtype: DTypeLike) -> list[str]:
    """Return the operators that start the gradient."""
    return lists_of(target_dtype).losses


def list_lp16_use_fp32_params(target_dtype: DTypeLike) -> dict[str, list[str]] | None:
    """Return which inputs stay float32 where the data are narrow; None if that is nowhere said."""
    return lists_of(target_dtype).float32_params
