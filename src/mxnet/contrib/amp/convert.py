"""The graph of mixed precision: the same nodes, with casts before those that need another dtype.

Of every value it is known, as far as that goes, whether it is float32 or the narrow dtype. Variables are
unknown. Operators that gain from the narrow dtype get it, those that need float32 get that, those that need
one dtype for all inputs get the widest; all others compute in what they are given, which says what they make.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mxnet.contrib.amp.lists.outputs import UNTYPED
from mxnet.contrib.amp.needs import Needs
from mxnet.contrib.graphs import apply, copied, name_of
from mxnet.dtype import CODES, NAMES
from mxnet.errors import MXNetError
from mxnet.ir.constraints import Conflict, settle_dtypes
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Op

__all__ = ["convert_graph"]


def convert_graph(
    graph: Graph, needs: Needs, data_names: Collection[str], cast_params: bool
) -> tuple[Entry, ...]:
    """Return the outputs of the graph in mixed precision; all of them are float32.

    Parameters
    ----------
    graph : Graph
        The graph.
    needs : Needs
        Which operators need what.
    data_names : collection of str
        Variables that users supply; all others are parameters.
    cast_params : bool
        Whether parameters become narrow that are read by operators which need that.
    """
    return _Caster(graph, needs, data_names, cast_params).outputs()


class _Caster:
    def __init__(self, graph: Graph, needs: Needs, data_names: Collection[str], cast_params: bool) -> None:
        self.graph = graph
        self.needs = needs
        self.data_names = data_names
        self.narrow_params = self._find_narrow_params() if cast_params else set()
        self.known: dict[Entry, str] = {}
        self.casts: dict[tuple[Entry, str], Entry] = {}

    def outputs(self) -> tuple[Entry, ...]:
        made = copied(self.graph, self._node)
        return tuple(self._cast(entry, "float32") for entry in made)

    def _node(self, node: Node, inputs: tuple[Entry, ...]) -> Node:
        return self._variable(node) if node.op is None else self._operator(node, node.op, inputs)

    def _find_narrow_params(self) -> set[Node]:
        """Return the parameters that operators of the narrow dtype read."""
        return {
            entry.node
            for node in self.graph.operators
            if node.op is not None and self.needs.of_node(node.op, node.name) == "narrow"
            for entry in node.inputs[: node.op.arity[0]]
            if entry.node.op is None and entry.node.name not in self.data_names
        }

    def _variable(self, node: Node) -> Node:
        attrs = dict(node.attrs)
        dtype = self.needs.narrow if node in self.narrow_params else "float32"
        declared = attrs.get("__dtype__")
        is_integer = declared is not None and "float" not in NAMES[int(declared)]
        if not is_integer and (declared is not None or node.name not in self.data_names):
            attrs["__dtype__"] = str(CODES[dtype])
        made = Node(None, node.name, (), attrs, node.source)
        if node in self.narrow_params:
            self.known[Entry(made)] = dtype
        return made

    def _operator(self, node: Node, op: Op, inputs: tuple[Entry, ...]) -> Node:
        ends = op.arity[0]
        ins, aux = inputs[:ends], inputs[ends:]
        dtypes: Sequence[str | None]
        match self.needs.of_node(op, node.name):
            case "narrow":
                ins = tuple(self._cast(entry, self.needs.narrow) for entry in ins)
                dtypes = [self.needs.narrow] * op.arity[2]
            case "float32":
                ins = self._widened(ins)
                dtypes = ["float32"] * op.arity[2]
            case "all float32":
                ins = tuple(self._cast(entry, "float32") for entry in ins)
                dtypes = ["float32"] * op.arity[2]
            case "widest":
                ins = self._of_one_dtype(ins, node)
                dtypes = self._dtypes_of(op, ins)
            case _:
                if node.subgraphs:  # a body has parameters of float32
                    ins = self._widened(ins)
                dtypes = self._dtypes_of(op, ins)
        made = Node(op, node.name, ins + aux, dict(node.attrs), node.source, node.subgraphs)
        self.known.update({entry: dtype for entry, dtype in zip(made.outputs, dtypes, strict=True) if dtype})
        return made

    def _dtypes_of(self, op: Op, ins: tuple[Entry, ...]) -> Sequence[str | None]:
        """Return what the operator makes, as far as its inputs tell."""
        n_in, n_aux, n_out = op.arity
        known = tuple(map(self.known.get, ins))
        if not known or known[0] is None or op.name in UNTYPED:
            return (None,) * n_out
        try:
            return settle_dtypes(op, (*known, *(None,) * (n_aux + n_out)))[n_in + n_aux :]
        except (Conflict, MXNetError):  # found again, with the names of all involved, when it is bound
            return (None,) * n_out

    def _widened(self, ins: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """Return the inputs in float32; variables are, unless it is known that they are not."""
        return tuple(
            entry if self._is_plain_variable(entry) else self._cast(entry, "float32") for entry in ins
        )

    def _is_plain_variable(self, entry: Entry) -> bool:
        return entry.node.op is None and entry not in self.known and (entry, "float32") not in self.casts

    def _of_one_dtype(self, ins: tuple[Entry, ...], node: Node) -> tuple[Entry, ...]:
        narrow, wide = self.needs.narrow, "float32"
        dtypes = [self.known.get(entry) for entry in ins]
        is_cast = {dtype: [(entry, dtype) in self.casts for entry in ins] for dtype in (narrow, wide)}
        pairs = list(zip(dtypes, is_cast[narrow], is_cast[wide], strict=True))
        if all(dtype == wide or to_wide for dtype, _, to_wide in pairs):
            return tuple(self._cast(entry, wide) for entry in ins)
        if all(dtype == narrow or (dtype is None and to_narrow) for dtype, to_narrow, _ in pairs):
            return tuple(self._cast(entry, narrow) for entry in ins)
        if all(dtype in (narrow, wide) or to_wide for dtype, _, to_wide in pairs):
            return tuple(self._cast(entry, wide) for entry in ins)
        name = f"{name_of(ins[0])}_amp_multicast"
        return apply("amp_multicast", name, ins, {"num_outputs": str(len(ins))}, node.source).outputs

    def _cast(self, entry: Entry, dtype: str) -> Entry:
        if self.known.get(entry) == dtype:
            return entry
        if (entry, dtype) not in self.casts:
            name = f"{name_of(entry)}_amp_cast_{dtype}"
            node = apply("amp_cast", name, (entry,), {"dtype": dtype}, entry.node.source)
            cast = self.casts[entry, dtype] = Entry(node)
            self.known[cast] = dtype
        return self.casts[entry, dtype]
