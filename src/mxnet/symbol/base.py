"""What a symbol is, before anything is made of it: some outputs of a graph, their names and attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.attribute import hidden_key, visible_spellings
from mxnet.drawing.picture import graph_svg
from mxnet.errors import (
    CompositionError,
    MXNetError,
    NameLookupError,
    ParameterError,
    brief,
    did_you_mean,
    few,
)
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry
from mxnet.ir.op import Op, is_hidden
from mxnet.ir.printer import mxnet_debug_text
from mxnet.symbol.compose import apply

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["SymbolBase"]


class OutputIndexError(MXNetError, IndexError):
    """A symbol has fewer outputs than that."""


class SymbolBase:
    """The root of the symbol classes: one or several outputs of a graph.

    Parameters
    ----------
    outputs : tuple of Entry
        What the handle stands for.
    """

    __slots__ = ("__weakref__", "_graph", "_numbers", "_outputs")

    __array_priority__ = 1000.0  # numpy arrays on the left leave the operation to the symbol

    def __init__(self, outputs: tuple[Entry, ...]) -> None:
        self._outputs = outputs
        self._graph: Graph | None = None
        self._numbers: dict[str, list[int]] | None = None  # of the outputs, by name

    @classmethod
    def _create(
        cls,
        op: str | type[Op],
        inputs: Sequence[SymbolBase | None] | Mapping[str, SymbolBase],
        params: Mapping[str, object],
        *,
        hint: str,
        name: str | None = None,
        attr: Mapping[str, str] | None = None,
    ) -> Self:
        """Apply an operator to symbols; the parameters are those of :func:`mxnet.symbol.compose.apply`."""
        given: Any = (
            {slot: each._outputs for slot, each in inputs.items()}
            if isinstance(inputs, Mapping)
            else [None if each is None else each._outputs for each in inputs]
        )
        return cls(apply(op, given, params, hint=hint, name=name, attr=attr))

    @property
    def graph(self) -> Graph:
        """The graph these outputs depend on."""
        if self._graph is None:
            self._graph = Graph(self._outputs)
        return self._graph

    @property
    def handle(self) -> Self:
        """The symbol itself; real MXNet has a pointer here."""
        return self

    # ------------------------------------------------------------------------------------------ what is in it

    @property
    def name(self) -> str | None:
        """The name, None for a group of several nodes."""
        first = self._outputs[0].node if self._outputs else None  # a file may list no outputs
        return first.name if first and all(entry.node is first for entry in self._outputs) else None

    def list_arguments(self) -> list[str]:
        """Return the names of the arguments, in the order in which the graph reaches them."""
        return [node.name for node in self.graph.arguments]

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of the auxiliary states, such as BatchNorm's moving mean."""
        return [node.name for node in self.graph.aux]

    def list_inputs(self) -> list[str]:
        """Return the names of all variables, auxiliary states included."""
        return [node.name for node in self.graph.nodes if node.op is None]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs, such as ``fc1_output``."""
        return [entry.output_name for entry in self._outputs]

    def get_internals(self) -> Self:
        """Return a group of every value in the graph: variables and all visible outputs."""
        return type(self)(
            tuple(
                entry
                for node in self.graph.nodes
                for entry in node.outputs[: node.op.visible_outputs() if node.op else 1]
            )
        )

    def get_children(self) -> Self | None:
        """Return a group of the direct inputs, None if there are none."""
        nodes = dict.fromkeys(entry.node for entry in self._outputs)
        inputs = tuple(entry for node in nodes for entry in node.inputs)
        return type(self)(inputs) if inputs else None

    def debug_str(self) -> str:
        """Return the graph as text, node by node, in MXNet's format."""
        return mxnet_debug_text(self._outputs)

    def __repr__(self) -> str:
        name = self.name
        if name is None:
            return f"<{type(self).__name__} group [{', '.join(entry.node.name for entry in self._outputs)}]>"
        return f"<{type(self).__name__} {name}>"

    def _repr_svg_(self) -> str:
        return graph_svg(self.graph, repr(self))

    def _shown(self) -> str:
        """Return how messages name the symbol: as `repr` does, but only the first few of a large group."""
        if self.name is not None:
            return repr(self)
        return f"<{type(self).__name__} group [{few([entry.node.name for entry in self._outputs])}]>"

    def __len__(self) -> int:
        return len(self._outputs)

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int | str | slice) -> Self:
        """Return one output by number or name, or several by a slice.

        Raises
        ------
        ValueError
            If no output, or more than one, has that name.
        IndexError
            If the number is out of range.
        """
        if isinstance(index, str):
            return type(self)((self._outputs[self._find_output(index)],))
        if isinstance(index, slice):
            if any(isinstance(bound, int) and bound < 0 for bound in (index.start, index.stop, index.step)):
                raise CompositionError(f"{self._shown()}: outputs are counted from 0, so {index} picks none.")
            picked = self._outputs[index]
            if not picked:
                raise NameLookupError(
                    f"{self._shown()} has {len(self)} outputs, of which the slice {index} picks none."
                )
            return type(self)(picked)
        if not isinstance(index, int | np.integer):
            raise CompositionError(
                f"A symbol is indexed by number, output name or slice, which pick outputs, not by "
                f"{brief(index)}. Values are cut by slice, slice_axis and take."
            )
        if index >= len(self):
            raise OutputIndexError(f"{self._shown()} has {len(self)} outputs, so there is no output {index}.")
        if index < 0:
            raise MXNetError(f"{self._shown()}: outputs are counted from 0, so there is no output {index}.")
        return type(self)((self._outputs[index],))

    def _find_output(self, name: str) -> int:
        numbers = self._numbers
        if numbers is None or name not in numbers:  # a node may have been renamed
            numbers = self._numbers = {}
            for number, each in enumerate(self.list_outputs()):
                numbers.setdefault(each, []).append(number)
        found = numbers.get(name)
        if found is None:
            raise NameLookupError(
                f"{self._shown()} has no output {name!r}.{did_you_mean(name, numbers)} "
                "list_outputs() has them all."
            )
        if len(found) > 1:
            raise NameLookupError(
                f"{self._shown()} has {len(found)} outputs of the name {name!r}; index by number."
            )
        return found[0]

    # --------------------------------------------------------------------------------------------- attributes

    def attr(self, key: str) -> str | None:
        """Return an attribute, None if there is none (or if this is a group).

        ``name`` and ``op_name`` are those of the node; the operator of a variable is ``null``.
        """
        if self.name is None:
            return None
        node = self._outputs[0].node
        own = {"name": node.name, "op_name": node.op.name if node.op else "null"}
        return own.get(key) or visible_spellings(node.attrs).get(key)

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """Return the attributes of this node, of a group the first one's; ``attr_dict`` has those of all."""
        if recursive:
            raise MXNetError(
                "Symbol.list_attr(recursive=True) is gone since MXNet 0.8: use attr_dict() instead."
            )
        return visible_spellings(self._outputs[0].node.attrs)

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Return the attributes of all nodes that have some, by node name."""
        return {node.name: visible_spellings(node.attrs) for node in self.graph.nodes if node.attrs}

    def _set_attr(self, **kwargs: str) -> None:
        if self.name is None:
            raise MXNetError("Attributes can be set on one node, not on a group.")
        node = self._outputs[0].node
        for key, value in kwargs.items():
            if not isinstance(value, str):
                raise ParameterError(
                    f"Attributes are strings, but {key!r} is {value!r}, of type {type(value).__name__}."
                )
            if key == "name":
                object.__setattr__(node, "name", value)  # in place, as MXNet does it
                continue
            stored = hidden_key(key)
            if node.op is not None and not is_hidden(stored) and node.op.params:
                raise ParameterError(
                    f"Attribute {key!r} of {node.op.name} {node.name!r}: a note on an operator is written "
                    f"with two underscores on both sides (__{key}__); its parameters do not change once it "
                    "is made."
                )
            node.attrs[stored] = value
