"""What arrays have to do with gradients: the gradient array of one, and its place in what is recorded."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import GradientError, did_you_mean
from mxnet.ir.op import Op
from mxnet.ir.storage import ROWS, Stored
from mxnet.lazy import torch
from mxnet.ndarray.mode import MODE
from mxnet.ndarray.replacing import EPOCH
from mxnet.ops.tools.storage import as_stored, densify, rows_of

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ndarray.ndarray import NDArray

__all__ = ["Differentiable", "GradientWriter", "has_written", "mark_variables", "write_gradient"]

GRAD_REQS = ("null", "write", "add")


class Differentiable:
    """The methods of arrays that :mod:`mxnet.autograd` stands behind."""

    _tensor: Tensor
    stype: str
    _grad: NDArray | None = None
    _grad_req = "null"
    _recorded: Any = None  # the value in the graph that mxnet.autograd records
    _is_fresh = False  # of a gradient array: whether it has been written since somebody used it
    _told: Callable[[NDArray], None] | None = None  # of a gradient array: is called when it was written

    @abstractmethod
    def _zeros_alike(self, stype: str) -> NDArray:
        """Return zeros of the same shape, dtype and context."""

    @property
    def grad(self) -> NDArray | None:
        """The gradient array, after ``attach_grad``."""
        return self._grad

    @property
    def _fresh_grad(self) -> bool:
        """Whether the gradient array was written since this was set to False, which trainers do."""
        return self._grad is not None and self._grad._is_fresh

    @_fresh_grad.setter
    def _fresh_grad(self, state: bool) -> None:
        if self._grad is not None:
            self._grad._is_fresh = state

    def _tell(self, told: Callable[[NDArray], None] | None) -> None:
        """Call a function whenever a ``backward`` has written this gradient array, perhaps amid others."""
        self._told = told
        EPOCH.advance(is_bound=True)

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Give the array a gradient array, which ``backward`` fills.

        Parameters
        ----------
        grad_req : {'write', 'add', 'null'}
            Whether a gradient replaces the last one or is added to it.
        stype : str, optional
            The storage type of the gradient array; that of this array by default.
        """
        self._mark(self._zeros_alike(stype or self.stype), grad_req)

    def _mark(self, gradient: NDArray, grad_req: str) -> None:
        if grad_req not in GRAD_REQS:
            known = ", ".join(map(repr, GRAD_REQS))
            raise GradientError(
                f"grad_req must be one of {known}, not {grad_req!r}.{did_you_mean(grad_req, GRAD_REQS)}"
            )
        self._grad = None if grad_req == "null" else gradient
        self._grad_req = grad_req
        self._recorded = None

    def _is_tracked(self) -> bool:
        """Whether operators are being recorded and this array has part in a gradient."""
        return MODE.get().record is not None and (self._recorded is not None or self._grad is not None)

    def backward(
        self, out_grad: NDArray | None = None, retain_graph: bool = False, train_mode: bool = True
    ) -> None:
        """Compute the gradients of this array with respect to the arrays that have gradient arrays.

        Parameters
        ----------
        out_grad : NDArray, optional
            The gradient of this array; ones by default.
        retain_graph : bool, default False
            Whether ``backward`` may be called again.
        train_mode : bool, default True
            Whether operators behave as in training.

        Raises
        ------
        MXNetError
            If the array was not computed while ``mx.autograd.record()`` was on.
        """
        if self._recorded is not None:
            self._recorded.backward([self], [out_grad], retain_graph, train_mode)
        elif self._grad is not None:
            ones = as_stored(torch.ones_like(self._tensor))
            self._take_gradient(ones if out_grad is None else out_grad._stored())
        else:
            raise GradientError(
                "backward() needs an array that was computed while recording: compute it inside "
                "`with mx.autograd.record():`, from arrays that have gradients (attach_grad)."
            )

    def _take_gradient(self, gradient: Stored) -> None:
        """Write or add a gradient to the gradient array."""
        if self._grad is not None:
            write_gradient(self._grad, gradient, self._grad_req)


class GradientWriter(Op):
    """An operator of gradient graphs that writes gradients where they go, if it is told."""

    @abstractmethod
    def write(self, values: Sequence[Any], targets: Sequence[Any], train_mode: bool) -> list[Any]:
        """Run on tensors, or what is stored otherwise.

        Parameters
        ----------
        values : sequence of Tensor or Stored
            Its inputs.
        targets : sequence of (NDArray, str) or None
            For each output, the array that it is to be written or added to (as the text says), if this is a
            gradient that is not needed for others.
        train_mode : bool
            Whether the gradients are those of training.

        Returns
        -------
        list of Tensor or Stored
            The outputs; of those with a target, anything.
        """


def mark_variables(
    variables: NDArray | Sequence[NDArray],
    gradients: NDArray | Sequence[NDArray],
    grad_reqs: str | Sequence[str] = "write",
) -> None:
    """Give arrays the gradient arrays that ``backward`` fills.

    Parameters
    ----------
    variables : NDArray or list of NDArray
        The arrays.
    gradients : NDArray or list of NDArray
        Their gradient arrays.
    grad_reqs : str or list of str, default "write"
        ``"write"``, ``"add"`` or ``"null"``, for all or for each.
    """
    variables, gradients = (
        [each] if isinstance(each, Differentiable) else list(each) for each in (variables, gradients)
    )
    reqs = [grad_reqs] * len(variables) if isinstance(grad_reqs, str) else list(grad_reqs)
    if not len(variables) == len(gradients) == len(reqs):
        raise GradientError(
            f"mark_variables() got {len(variables)} variables, {len(gradients)} gradients and "
            f"{len(reqs)} grad_reqs."
        )
    for variable, gradient, req in zip(variables, gradients, reqs, strict=True):
        variable._mark(gradient, req)


def has_written(target: NDArray) -> None:
    """Note that a ``backward`` has written a gradient array."""
    target._is_fresh = True
    if target._told is not None:
        target._told(target)


def write_gradient(target: NDArray, gradient: Stored | None, grad_req: str) -> None:
    """Write a gradient, None for 0, into an array, or add it to what is there."""
    _write(target, gradient, grad_req)
    has_written(target)


def _write(target: NDArray, gradient: Stored | None, grad_req: str) -> None:
    if grad_req != "add":
        target._put(target._zeros_alike(target.stype)._stored() if gradient is None else gradient)
    elif gradient is None:
        return
    elif gradient.stype == ROWS:
        values, rows = gradient.parts
        target._write_rows(rows, rows_of(target._stored(), rows) + values)
    else:
        target._overwrite(target._tensor + densify(gradient))
