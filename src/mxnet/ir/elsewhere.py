"""What an operator is where it is not run: without its labels, in ONNX, in PyTorch's words, in tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

__all__ = ["Elsewhere"]


class Elsewhere:
    """What a declaration may say about leaving, beside what :class:`~mxnet.ir.op.Op` has it say.

    ``labels``, ``in_inference(*inputs)``
        The inputs that only training has; and what takes the operator's place without them, built with
        :func:`~mxnet.ir.node.emit` from the entries of all inputs. One that has labels and no such
        replacement is for training alone.
    ``onnx``
        What it is in ONNX: the name of an operator there, or a method, see
        :mod:`mxnet.ops.tools.onnx_graph`. None where ONNX cannot say it.
    ``flops(ins, outs)``
        How many operations on numbers a run takes, from the shapes of inputs and outputs. Without it, one for
        each number of what it makes or, if that is more, of what it reads.
    ``as_torch(*inputs)``
        The expression, in Python, of the first output for tensors of these names; see
        :mod:`mxnet.leaving.torch_module`. Without it, or where it returns None, the kernel is called.
    """

    labels: ClassVar[tuple[str, ...]] = ()
    in_inference: ClassVar[Callable[..., Any] | None] = None
    onnx: ClassVar[str | Callable[..., Any] | None] = None
    flops: ClassVar[Callable[..., int] | None] = None
    as_torch: ClassVar[Callable[..., str | None] | None] = None
