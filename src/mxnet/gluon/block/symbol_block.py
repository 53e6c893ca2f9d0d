"""A graph as a block: one that was composed, or that a file holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import symbol
from mxnet.dtype import DTypeLike, dtype_name
from mxnet.errors import MXNetError
from mxnet.gluon.block.forms import Form, flatten, regroup
from mxnet.gluon.block.hybrid import HybridBlock
from mxnet.gluon.errors import CheckError, NotForwardError
from mxnet.gluon.parameter import ParameterDict
from mxnet.ir.declared import declared_stype
from mxnet.ir.storage import ROWS
from mxnet.symbol import Group, Symbol

if TYPE_CHECKING:
    from mxnet.context import Context

__all__ = ["SymbolBlock"]


class SymbolBlock(HybridBlock):
    """A graph as a block; those of its variables that are no inputs are its parameters.

    Parameters
    ----------
    outputs : Symbol or list of Symbol
        What it computes; also internal outputs of a larger graph.
    inputs : Symbol or list of Symbol
        The variables that it is called with.
    params : ParameterDict, optional
        Parameters to share.

    Examples
    --------
    >>> import mxnet as mx
    >>> data = mx.sym.var("data")
    >>> net = mx.gluon.SymbolBlock(mx.sym.FullyConnected(data, num_hidden=3, name="fc"), data)
    >>> net.initialize()
    >>> net(mx.nd.ones((2, 4))).shape
    (2, 3)
    >>> list(net.collect_params())
    ['fc_weight', 'fc_bias']
    """

    _recomposes = False

    def __init__(
        self,
        outputs: Symbol | Sequence[Symbol],
        inputs: Symbol | Sequence[Symbol],
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=None, params=None)
        self._prefix = ""
        self._params = ParameterDict("", params)
        variables: Any = [inputs] if isinstance(inputs, Symbol) and len(inputs) == 1 else inputs
        made: Any = outputs[0] if isinstance(outputs, list | tuple) and len(outputs) == 1 else outputs
        flat_inputs, self._in_format = flatten(variables, "input")
        flat_outputs, self._out_format = flatten(made, "output")
        graph = Group(flat_outputs)
        for each in flat_inputs:
            if each._outputs[0].node.op is not None or len(each) > 1:
                raise CheckError(f"Input symbols must be variable, but {each} is an output of operators.")
        for node in graph.get_internals().graph.nodes:
            if node.op is None and declared_stype(node) == ROWS:
                raise CheckError(
                    f"SymbolBlock doesn't support Parameter {node.name!r} because its storage type is "
                    "'row_sparse'. Bind the symbol instead (mx.mod.Module)."
                )
        self._cached_graph = (flat_inputs, graph)
        self._make_parameters({str(each.name) for each in flat_inputs}, flat_inputs, graph)

    def _make_parameters(self, names: set[str], inputs: Sequence[Symbol], graph: Symbol) -> None:
        """Make a parameter for every variable that is no input."""
        arguments, aux = graph.list_arguments(), graph.list_auxiliary_states()
        dtypes = _dtypes_of_variables(inputs, graph)
        for name in (*arguments, *aux):
            if name not in names:
                req = "null" if name in aux else "write"
                given = {"grad_req": req} if self._params._find(name) is None else {}
                self.params.get(name, allow_deferred_init=True, dtype=dtypes[name], **given)
        common = len(os.path.commonprefix(list(self.params)))  # noqa: RUF071 - of names, not of paths
        self._reg_params = {name[common:]: parameter for name, parameter in self.params.items()}

    @staticmethod
    def imports(
        symbol_file: str,
        input_names: str | Sequence[str],
        param_file: str | None = None,
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> SymbolBlock:
        """Make a block of a checkpoint's files.

        Parameters
        ----------
        symbol_file : str
            The graph, as any MXNet has saved it.
        input_names : str or list of str
            The variables that are inputs.
        param_file : str, optional
            The parameters; without it, they have to be initialized.
        ctx : Context or list of Context, optional
            Where they go; the CPU by default.
        allow_missing : bool
            Whether parameters may lack in the file.
        ignore_extra : bool
            Whether the file may hold others.
        """
        names = [input_names] if isinstance(input_names, str) else list(input_names)
        dtype = np.float32 if param_file is None else None
        graph = symbol.load(symbol_file)
        block = SymbolBlock(graph, [symbol.var(name, dtype=dtype) for name in names])
        if param_file is not None:
            block.collect_params().load(
                param_file, ctx, allow_missing, ignore_extra, cast_dtype=True, dtype_source="saved"
            )
        return block

    def __repr__(self) -> str:
        inputs, outputs = self._graph()
        n_inputs = len(Group(inputs))
        return f"{type(self).__name__}(\n{outputs} : {n_inputs} -> {len(outputs)}\n)"

    def _graph(self) -> tuple[list[Symbol], Symbol]:
        assert self._cached_graph
        return self._cached_graph

    def forward(self, x: Any, *args: Any) -> Any:
        """Run the graph on arrays, or compose it with symbols."""
        flat, form = flatten((x, *args), "input")
        if not any(isinstance(each, Symbol) for each in flat):
            return self._call_graph(flat, form, (x, *args))
        return self._compose(x, *args)

    def _misfit(self, form: Form) -> MXNetError:
        inputs, _ = self._graph()
        names = ", ".join(str(each.name) for each in inputs)
        return CheckError(
            f"Invalid input format: the block takes {names}, which have the form {self._in_format}, but was "
            f"called with {form}."
        )

    def _composed(self, *args: Any) -> Any:
        flat, form = flatten(args, "input")
        if form != self._in_format:
            raise self._misfit(form)
        inputs, outputs = self._graph()
        composed = outputs(**{str(var.name): each for var, each in zip(inputs, flat, strict=True)})
        return regroup(list(composed), self._out_format)

    def _clear_cached_op(self) -> None:
        kept = self._cached_graph
        super()._clear_cached_op()
        self._cached_graph = kept

    def cast(self, dtype: DTypeLike) -> None:
        """Change the dtype of all parameters; those of BatchNorm stay float32 where others become float16."""
        super().cast(dtype)
        if dtype_name(dtype) != "float16":
            return
        for node in self._graph()[1].graph.operators:
            if node.op is not None and node.op.name.startswith("BatchNorm"):
                for entry in node.inputs[1:]:
                    if entry.node.name in self.params:
                        self.params[entry.node.name].cast("float32")

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Move all parameters to other contexts."""
        self.collect_params().reset_ctx(ctx)

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002, N803
        """Raise: the graph is there already."""
        raise NotForwardError("A SymbolBlock has a graph, and no hybrid_forward().")


def _dtypes_of_variables(inputs: Sequence[Symbol], graph: Symbol) -> dict[str, Any]:
    """Return the dtype of every variable, as far as that of the inputs tells; float32 otherwise."""
    names = (*graph.list_arguments(), *graph.list_auxiliary_states())
    declared = {str(each.name): each.infer_type_partial()[0] for each in inputs}
    given = {name: found[0] for name, found in declared.items() if found and found[0] is not None}
    try:
        found, _, aux = graph.infer_type_partial(**{k: v for k, v in given.items() if k in names})
    except MXNetError:
        found, aux = None, None
    dtypes = [*found, *aux] if found is not None and aux is not None else [None] * len(names)
    return {name: dtype or np.float32 for name, dtype in zip(names, dtypes, strict=True)}
