"""Operators in a module of PyTorch: those that PyTorch has no words for run the kernels they have here."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mxnet.analysis.gradient import gradients
from mxnet.context import Context, cpu, gpu
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emitting
from mxnet.ir.op import Op, Run
from mxnet.ndarray.eager import kernel_of, outputs_of, run_operator

__all__ = ["Operator", "batch_norm"]


def batch_norm(
    data: Tensor,
    gamma: Tensor,
    beta: Tensor,
    moving_mean: Tensor,
    moving_var: Tensor,
    *,
    eps: float,
    momentum: float,
    fix_gamma: bool,
    training: bool,
) -> Tensor:
    """Normalise channels; in training the moving statistics follow those of the batch.

    Unlike PyTorch's, the moving variance is that of the batch itself, not an estimate of what it is drawn
    from, and `momentum` is how much of the moving statistics stays.
    """
    scale = torch.ones_like(gamma) if fix_gamma else gamma
    if not training:
        return F.batch_norm(data, moving_mean, moving_var, scale, beta, False, 0.0, eps)
    with torch.no_grad():
        others = [axis for axis in range(data.dim()) if axis != 1]
        variance, mean = torch.var_mean(data.to(moving_mean.dtype), others, correction=0)
        moving_mean.lerp_(mean, 1 - momentum)
        moving_var.lerp_(variance, 1 - momentum)
    return F.batch_norm(data, None, None, scale, beta, True, 0.0, eps)


class Operator(torch.nn.Module):
    """An operator as a layer: what it computes, and its gradient, are those of the network it is from.

    Parameters
    ----------
    op : Op
        The operator.
    visible : int
        How many of its outputs are returned.
    """

    def __init__(self, op: Op, name: str) -> None:
        super().__init__()
        self.op = op
        self.name = name

    def extra_repr(self) -> str:
        """Return what it is, for printing the module."""
        return repr(self.op)

    def forward(self, *inputs: Tensor | None) -> Any:
        """Return its outputs, one by itself; a label may be None where no gradient is asked for."""
        if None in inputs:
            run = Run(cpu(), is_train=False, name=self.name)
            made = self.op.kernel_for(run)(*inputs)
        else:
            made = self._applied(inputs)  # type: ignore[arg-type] # none is None
        outputs = tuple(made) if isinstance(made, tuple | list) else (made,)
        visible = outputs[: self.op.visible_outputs()]
        return visible[0] if len(visible) == 1 else visible

    def _applied(self, inputs: tuple[Tensor, ...]) -> Any:
        if torch.is_grad_enabled() and any(each.requires_grad for each in inputs):
            return _Applied.apply(self.op, self.training, *inputs)  # type: ignore[no-untyped-call]
        return run_operator(self.op, _place_of(inputs), self.training, inputs)


def _place_of(tensors: Sequence[Tensor]) -> Context:
    device = tensors[0].device if tensors else torch.device("cpu")
    return gpu(device.index or 0) if device.type == "cuda" else cpu()


class _Applied(torch.autograd.Function):
    """One call of an operator, with the gradient that the operator declares."""

    @staticmethod
    def forward(context: Any, op: Op, is_train: bool, *inputs: Tensor) -> Any:
        place = _place_of(inputs)
        plain = tuple([each.detach() for each in inputs])
        names = op.input_names()
        wants = [i for i in range(len(names)) if context.needs_input_grad[i + 2]]
        facts = [fact for each in plain for fact in (each.shape, each.dtype)]
        keeps = op.residual and not torch.compiler.is_compiling()  # what is traced can keep no tape
        kept = frozenset(names[i] for i in wants) if keeps else frozenset()
        kernel = kernel_of(op, place, is_train, len(plain), tuple(facts), kept)
        results = outputs_of(op, kernel, plain)
        outputs = results[: op.arity[2]]
        context.op, context.place, context.is_train, context.wants = op, place, is_train, wants
        context.inputs, context.results = plain, results
        context.mark_non_differentiable(*[each for each in outputs if not each.is_floating_point()])
        context.set_materialize_grads(False)
        return outputs

    @staticmethod
    def backward(context: Any, *heads: Tensor | None) -> tuple[Tensor | None, ...]:
        op, wants = context.op, context.wants
        rule = _rule_of(op, tuple(wants), tuple([head is not None for head in heads]))
        values = dict(zip(rule.inputs, context.inputs, strict=True))
        results = context.results
        if op.residual and len(results) == op.arity[2]:
            names = op.input_names()
            facts = [fact for each in context.inputs for fact in (each.shape, each.dtype)]
            kept = frozenset(names[i] for i in wants)
            kernel = kernel_of(op, context.place, context.is_train, len(context.inputs), tuple(facts), kept)
            results = outputs_of(op, kernel, context.inputs)
        values |= dict(zip(rule.node.entries, results, strict=False))
        values |= {entry: heads[i] for i, entry in rule.heads.items()}
        found = rule.evaluate(values, context.place, is_train=context.is_train)
        by_input = dict(zip(wants, found, strict=True))
        return None, None, *[by_input.get(i) for i in range(len(context.inputs))]


class _Rule:
    """The gradient of one operator as a graph."""

    def __init__(self, op: Op, wants: tuple[int, ...], given: tuple[bool, ...]) -> None:
        names = op.input_names() + op.aux_names()
        self.inputs = [Entry(Node(None, name)) for name in names]
        self.node = Node(op, "node", tuple(self.inputs), dict(op.given))
        outputs = self.node.outputs
        self.heads = {i: Entry(Node(None, f"head{i}")) for i, is_given in enumerate(given) if is_given}
        with emitting(None, "gradient"):
            heads = [self.heads.get(i) for i in range(len(outputs))]
            self.found = gradients(Graph(outputs), [self.inputs[i] for i in wants], heads)
        self.nodes = Graph([each for each in self.found if each is not None]).nodes

    def evaluate(self, values: dict[Entry, Any], place: Context, *, is_train: bool) -> list[Tensor | None]:
        """Return the gradients, given the values of inputs, outputs and heads."""
        for node in self.nodes:
            if node.op is None or node is self.node:
                continue
            tensors = [values[entry] for entry in node.inputs]
            results = run_operator(node.op, place, is_train, tensors)
            values.update(zip(node.entries, results, strict=False))
        return [None if each is None else values[each] for each in self.found]


@functools.lru_cache(maxsize=1 << 10)
def _shared_rule(op: Op, wants: tuple[int, ...], given: tuple[bool, ...]) -> _Rule:
    return _Rule(op, wants, given)


def _rule_of(op: Op, wants: tuple[int, ...], given: tuple[bool, ...]) -> _Rule:
    return (_shared_rule if op.interned else _Rule)(op, wants, given)
