"""Kernels that torch differentiates: a run as torch recorded it, and the bytes that it keeps for that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Recording", "recorded_bytes"]

Compute = Callable[..., "tuple[Tensor, ...]"]


class Recording:
    """A run as torch recorded it: the residual of a kernel whose gradient then need not run it again.

    Parameters
    ----------
    compute : callable
        What to run.
    inputs : sequence of Tensor
        Its arguments.
    wants : sequence of bool
        Whose gradients will be asked for.

    Attributes
    ----------
    results : tuple of Tensor
        What `compute` returned, without what torch has recorded.
    """

    def __init__(self, compute: Compute, inputs: Sequence[Tensor], wants: Sequence[bool]) -> None:
        with torch.enable_grad():
            self._leaves = [
                each.detach().requires_grad_(want) for each, want in zip(inputs, wants, strict=True)
            ]
            self._recorded = compute(*self._leaves)
        self.results = tuple(result.detach() for result in self._recorded)
        self._seen = _versions((*inputs, *self.results))

    def fits(self, inputs: Sequence[Tensor]) -> bool:
        """Whether these are the inputs of the recorded run, and nobody has written to them or its results."""
        return self._seen == _versions((*inputs, *self.results))

    def differentiate(self, heads: Sequence[Tensor], wants: Sequence[bool]) -> tuple[Tensor | None, ...]:
        """Return the gradients of the inputs, None for those that nobody wants."""
        wanted = [leaf for leaf, want in zip(self._leaves, wants, strict=True) if want]
        if not wanted:
            return (None,) * len(wants)
        with torch.enable_grad():  # of sums: to compare shapes of heads, torch first imports sympy
            pairs = zip(self._recorded, heads, strict=True)
            sums = [torch.dot(result.reshape(-1), head.reshape(-1)) for result, head in pairs]
        found = iter(torch.autograd.grad(sums, wanted, retain_graph=True))
        return tuple(next(found) if want else None for want in wants)


def _versions(tensors: Sequence[Tensor]) -> list[tuple[int, int]]:
    return [(each.data_ptr(), each._version) for each in tensors]


def recorded_bytes(
    compute: Compute, inputs: Sequence[Tensor], wants: Sequence[bool], others: Sequence[Tensor] = ()
) -> int:
    """Return the bytes of all that torch keeps of a run that it records, but for inputs and results.

    On torch's meta device nothing is computed for that, and no memory taken.

    Parameters
    ----------
    compute, inputs, wants
        As for :class:`Recording`.
    others : sequence of Tensor
        More tensors that do not count.
    """
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: Tensor) -> None:  # nothing: with the tensor itself, a node would keep its own result
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda nothing: nothing):
        recording = Recording(compute, inputs, wants)
    for tensor in (*inputs, *others, *recording.results):
        kept.pop(tensor.untyped_storage()._cdata, None)
    return sum(storage.nbytes() for storage in kept.values())
