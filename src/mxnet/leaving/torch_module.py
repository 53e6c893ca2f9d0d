"""A graph as a module of PyTorch: parameters under their own names, and a ``forward`` that can be read."""

from __future__ import annotations

import itertools
import keyword
import linecache
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mxnet.analysis.infer import infer_dtypes, infer_shapes
from mxnet.dtype import is_floating
from mxnet.errors import MXNetError, few
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.types import is_complete
from mxnet.leaving.torch_operators import Operator, batch_norm

__all__ = ["torch_module"]

_NAME = "Network"
_WIDTH = 100
_numbers = itertools.count()


def torch_module(
    graph: Graph,
    arguments: Mapping[str, Tensor],
    states: Mapping[str, Tensor],
    shapes: Mapping[str, tuple[int, ...]],
) -> Any:
    """Return a module that computes a graph.

    Parameters
    ----------
    graph : Graph
        As it was composed.
    arguments, states : dict of str to Tensor
        Its parameters, which can be trained, and its auxiliary states. The other variables are what
        ``forward`` takes.
    shapes : dict of str to tuple of int
        The shapes of inputs, for graphs that make arrays whose shape only follows from them.

    Raises
    ------
    MXNetError
        If a parameter cannot be a parameter of PyTorch, or shapes are needed and not given.
    """
    writer = _Writer(graph, {*arguments, *states}, shapes)
    code = writer.code(_NAME)
    module = _made(_NAME, code, writer.operators)
    for key, tensor in arguments.items():
        if key in writer.variables:
            real = tensor.is_floating_point()
            _put(module, key, torch.nn.Parameter(tensor) if real else tensor, is_parameter=real)
    for key, tensor in states.items():
        if key in writer.variables:
            _put(module, key, tensor, is_parameter=False)
    return module


def _made(name: str, code: str, operators: Mapping[str, Any]) -> Any:
    filename = f"<{name} {next(_numbers)}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    scope: dict[str, Any] = {"torch": torch, "F": torch.nn.functional, "batch_norm": batch_norm}
    scope["__name__"] = __name__
    exec(compile(code, filename, "exec"), scope)  # noqa: S102 - of names that were checked, and numbers
    module = scope[name]()
    module.code = code
    for key, operator in operators.items():
        module.add_module(key, operator)
    return module


def _put(module: Any, name: str, tensor: Tensor, *, is_parameter: bool) -> None:
    """Give a module a parameter or buffer; a name with dots is one of a module within."""
    *path, last = name.split(".")
    for part in path:
        if not hasattr(module, part):
            module.add_module(part, torch.nn.Module())
        module = getattr(module, part)
    try:
        (module.register_parameter if is_parameter else module.register_buffer)(last, tensor)
    except KeyError as error:
        raise MXNetError(f"PyTorch has no place for a parameter named {name!r}: {error}") from None


class _Writer:
    def __init__(self, graph: Graph, held: set[str], shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.graph = graph
        self.held = held
        self.variables = {node.name for node in graph.nodes if node.op is None}
        self.operators: dict[str, Any] = {}
        self.names: dict[Entry, str] = {}
        self.taken = {"self", "torch", "F", "batch_norm"} | self.variables
        self.attributes = set(dir(torch.nn.Module())) | {name.partition(".")[0] for name in self.variables}
        self.dtypes = infer_dtypes(graph, {}).values
        self.shapes = shapes

    def code(self, name: str) -> str:
        """Return the source of the class."""
        inputs = list(dict.fromkeys(n.name for n in self.graph.arguments if n.name not in self.held))
        labels = _only_labels(self.graph)
        inputs.sort(key=lambda each: each in labels)  # a stable sort: labels come last, and may be left out
        arguments = [f"{self._argument(each)}{'=None' if each in labels else ''}" for each in inputs]
        lines = [line for node in self.graph.nodes for line in self._lines(node)]
        outputs = [self.names[entry] for entry in self.graph.outputs]
        lines.append(f"return {', '.join(outputs)}")
        body = "\n".join(_wrapped(line) for line in lines)
        return (
            f"class {name}(torch.nn.Module):\n"
            f"    def forward({', '.join(['self', *arguments])}):\n{textwrap.indent(body, ' ' * 8)}\n"
        )

    def _argument(self, name: str) -> str:
        return name if _is_name(name) else self._new_name(name)

    def _new_name(self, wanted: str, taken: set[str] | None = None) -> str:
        taken = self.taken if taken is None else taken
        base = re.sub(r"\W", "_", wanted) or "value"
        base = base if _is_name(base) else f"_{base}"
        name, count = base, 1
        while name in taken:
            count += 1
            name = f"{base}_{count}"
        taken.add(name)
        return name

    def _lines(self, node: Node) -> Iterable[str]:
        if node.op is None:
            self.names[Entry(node)] = self._variable(node.name)
            return
        inputs = [self.names[entry] for entry in node.inputs]
        visible = node.outputs[: node.op.visible_outputs()]
        written = self._expression(node, inputs)
        if written is not None and written.isidentifier():
            self.names[visible[0]] = written
            return
        wanted = [node.name] if len(visible) == 1 else [f"{node.name}_{i}" for i in range(len(visible))]
        results = [self._new_name(each) for each in wanted]
        self.names.update(zip(visible, results, strict=True))
        if written is None:
            written = f"self.{self._operator(node)}({', '.join(inputs)})"
        yield f"{', '.join(results)} = {written}"

    def _variable(self, name: str) -> str:
        if name not in self.held:
            return self._argument(name)
        expression = "self"
        for part in name.split("."):
            expression = f"{expression}.{part}" if _is_name(part) else f"getattr({expression}, {part!r})"
        return expression

    def _expression(self, node: Node, inputs: Sequence[str]) -> str | None:
        """Return what an operator is in PyTorch's words, if it has some for arrays of real numbers."""
        op: Any = node.op
        if not inputs:
            return self._constant(node)
        index = self.graph.index
        dtypes = [self.dtypes[index[entry.node]][entry.index] for entry in node.inputs]
        if op.as_torch is None or any(dtype is not None and not is_floating(dtype) for dtype in dtypes):
            return None
        names = op.input_names() + op.aux_names()
        declared = [*op.inputs, *op.aux]
        if op.variadic or list(names) == declared[: len(names)]:
            return op.as_torch(*inputs)  # type: ignore[no-any-return]
        return op.as_torch(**dict(zip(names, inputs, strict=True)))  # type: ignore[no-any-return]

    def _constant(self, node: Node) -> str | None:
        """Return zeros and the like whose shape follows from their use."""
        op: Any = node.op
        shape = op.infer_shape(None)["output"] if op.infer_shape and op.arity == (0, 0, 1) else None
        if shape is None or is_complete(shape) or not hasattr(op, "filling"):
            return None
        return self._filled(node, op.filling(), op.dtype)

    def _filled(self, node: Node, number: float, dtype: str) -> str:
        known = {each: self.shapes.get(each.name) for each in self.graph.nodes if each.op is None}
        found = infer_shapes(self.graph, known)
        (shape,) = found.values[self.graph.index[node]]
        if not is_complete(shape):
            raise MXNetError(
                f"The shape of {node.name!r} follows from those of the inputs: give them, such as "
                f"{few(f'{n.name}=(...)' for n in self.graph.arguments if n.name not in self.held)}."
            )
        own = node.op.infer_shape(None)["output"]  # type: ignore[union-attr]
        extents = [
            str(extent) if mine is not None else self._extent(extent)
            for extent, mine in zip(shape, own, strict=True)
        ]
        like = next((self._variable(each) for each in self.shapes), "")
        place = f", device={like}.device" if like else ""
        return f"torch.full(({', '.join(extents)},), {number}, dtype=torch.{dtype}{place})"

    def _extent(self, extent: int) -> str:
        """Return an extent as that of an input that has it, the first axes before the others."""
        for axis, (name, shape) in itertools.product(range(8), self.shapes.items()):
            if axis < len(shape) and shape[axis] == extent:
                return f"{self._variable(name)}.shape[{axis}]"
        return str(extent)

    def _operator(self, node: Node) -> str:
        assert node.op is not None
        name = self._new_name(node.name, self.attributes)
        self.operators[name] = Operator(node.op, node.name)
        return name


def _only_labels(graph: Graph) -> set[str]:
    """Return the variables that nothing but label inputs reads."""
    elsewhere: set[str] = set()
    labels: set[str] = set()
    for node in graph.operators:
        assert node.op is not None
        for entry, slot in zip(node.inputs, node.op.input_names() + node.op.aux_names(), strict=True):
            may_miss = slot in node.op.labels and node.op.in_inference is not None
            (labels if may_miss else elsewhere).add(entry.node.name)
    return labels - elsewhere


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def _wrapped(line: str) -> str:
    """Return a long call over several lines."""
    if len(line) <= _WIDTH or "(" not in line:
        return line
    head, _, rest = line.partition("(")
    inside, tail = rest.rsplit(")", 1)
    parts = textwrap.wrap(inside, _WIDTH - 8, break_long_words=False, break_on_hyphens=False)
    return f"{head}(\n{textwrap.indent(chr(10).join(parts), '    ')}\n){tail}"
