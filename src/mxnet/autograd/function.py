"""Differentiable functions of the user's own, with gradients of their own."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.autograd.tape import _as_list, pause
from mxnet.errors import GradientError, MXNetError
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Op, Run, Slots
from mxnet.ndarray import NDArray
from mxnet.ndarray.mode import MODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

__all__ = ["Function"]


class CalledTwiceError(MXNetError, AssertionError):
    """A function that was to be called once was called again."""


class Function:
    """Base of differentiable functions with a gradient of their own.

    A subclass defines ``forward(*inputs)`` and ``backward(*output_grads)``; neither is recorded.
    An instance is called once.

    Examples
    --------
    >>> import mxnet as mx
    >>> class Square(mx.autograd.Function):
    ...     def forward(self, x):
    ...         self.save_for_backward(x)
    ...         return x * x
    ...
    ...     def backward(self, dy):
    ...         (x,) = self.saved_tensors
    ...         return 2 * x * dy
    >>> x = mx.nd.array([3])
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = Square()(x)
    >>> y.backward()
    >>> float(x.grad.asscalar())
    6.0
    """

    saved_tensors: tuple[NDArray, ...] = ()
    _used = False

    def save_for_backward(self, *args: NDArray) -> None:
        """Keep arrays for ``backward``, where they are ``self.saved_tensors``."""
        self.saved_tensors = args

    def __call__(self, *inputs: NDArray) -> Any:
        """Run ``forward``; while recording, ``backward`` is used for the gradient.

        Raises
        ------
        AssertionError
            If it has been called before: what it saved for one gradient would be lost to another call.
        MXNetError
            If it is called with symbols while recording: graphs do not know ``backward``.
        """
        if self._used:
            raise CalledTwiceError(
                "Each Function instance can only be called once. Please create another instance."
            )
        self._used = True
        record = MODE.get().record
        if record is not None and not all(isinstance(each, NDArray) for each in inputs):
            raise GradientError(
                f"{type(self).__name__} takes arrays while recording: a graph would not use its backward(). "
                "Do not hybridize the block that calls it, or write a CustomOp."
            )
        with pause():
            outputs = self.forward(*inputs)
        if record is not None:
            made = _as_list(outputs)
            # An output that is an input would be its own ancestor.
            made = [NDArray._from_tensor(each._tensor, each._context) for each in made]
            record(_own_operator(_OwnFunction, self, len(inputs), len(made)), inputs, made, ())
            for each in made:
                if each._recorded is not None:
                    each._recorded.node.held = self
            single = isinstance(outputs, NDArray)
            outputs = made[0] if single else tuple(made) if isinstance(outputs, tuple) else made
        return outputs

    def forward(self, *inputs: NDArray) -> Any:
        """Compute the outputs."""
        raise GradientError(f"{type(self).__name__} defines no forward() for {len(inputs)} inputs.")

    def backward(self, *output_grads: NDArray) -> Any:
        """Compute the gradient of each input from the gradients of the outputs."""
        raise GradientError(f"{type(self).__name__} defines no backward() for {len(output_grads)} outputs.")


class _OwnFunction(Op):
    """A call of a :class:`Function`, as a node of the recorded graph.

    Operators are remembered with what was inferred of them; the function may keep arrays, so that its node is
    what keeps it alive.
    """

    interned = False

    reference: weakref.ref[Function]
    n_in: int
    n_out: int

    @property
    def function(self) -> Function:
        """The function."""
        function = self.reference()
        assert function is not None
        return function

    shape_only = frozenset()

    def input_names(self) -> tuple[str, ...]:
        return tuple(f"arg{i}" for i in range(self.n_in))

    def output_names(self) -> tuple[str, ...]:
        return tuple(f"output{i}" for i in range(self.n_out))

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:  # noqa: ARG002 - only the function knows
        return {}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:  # noqa: ARG002
        return {}

    def gradient(self, node: Node, grads: Sequence[Entry | None]) -> Sequence[Entry]:
        heads = [grad or emit("zeros_like", output) for grad, output in zip(grads, node.outputs, strict=True)]
        return emit(_own_operator(_OwnGradient, self.function, self.n_out, self.n_in), *heads).node.outputs


class _OwnGradient(_OwnFunction):
    """The ``backward`` of a :class:`Function`, as a node of the gradient graph."""

    def kernel_for(self, run: Run) -> Callable[..., Any]:
        def kernel(*tensors: Tensor) -> tuple[Tensor, ...]:
            with pause():
                made = self.function.backward(
                    *(NDArray._from_tensor(tensor, run.context) for tensor in tensors)
                )
            made = _as_list(made)
            if len(made) != self.n_out:
                name = type(self.function).__name__
                raise GradientError(
                    f"{name}.backward() returned {len(made)} gradients for {self.n_out} inputs."
                )
            return tuple(each._tensor for each in made)

        return kernel

    def gradient(self, node: Node, grads: Sequence[Entry | None]) -> Sequence[Entry]:  # noqa: ARG002
        name = type(self.function).__name__
        raise GradientError(
            f"The gradient of {name} cannot be differentiated: its backward() is not recorded."
        )


def _own_operator(cls: type[_OwnFunction], function: Function, n_in: int, n_out: int) -> _OwnFunction:
    """Make an operator of one function object; it equals only itself."""
    op = object.__new__(cls)
    op.__dict__.update(reference=weakref.ref(function), n_in=n_in, n_out=n_out, given={})
    op.__dict__.update(name=type(function).__name__, _values=(object(),), _hash=id(op))
    return op
