"""What operators expect of the arrays they are given, and the words in which they refuse others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.errors import DTypeError, ShapeError
from mxnet.ir.op import Op, Slots

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["expect_real", "extents_of"]


def extents_of(op: Op, s: Slots, **layouts: str) -> dict[str, int | None]:
    """Return the extents of some slots by name, None for those that are not known.

    A layout names the axes of a slot, and gives a number where no other extent will do: ``rois="boxes 5"``.
    The same name in several layouts stands for one extent.

    Raises
    ------
    ShapeError
        If a slot does not fit its layout.
    """
    found: dict[str, int | None] = {}
    for slot, layout in layouts.items():
        axes, shape = layout.split(), getattr(s, slot)
        fits = shape is None or len(shape) == len(axes)
        for axis, extent in zip(axes, shape if fits and shape else (None,) * len(axes), strict=True):
            required = int(axis) if axis.isdigit() else found.setdefault(axis, extent)
            if required is None:
                found[axis] = extent
            fits = fits and (None in (required, extent) or required == extent)
        if not fits:
            known = ", ".join(f"{name} = {n}" for name, n in found.items() if n is not None and name in axes)
            raise ShapeError(
                f"{op.name}: expected {slot} of shape ({', '.join(axes)})"
                f"{' with ' + known if known else ''}, but got {shape}."
            )
    return found


def expect_real(op: Op, array: Tensor) -> None:
    """Raise DTypeError if the array holds whole numbers."""
    if not array.dtype.is_floating_point:
        dtype = str(array.dtype).removeprefix("torch.")
        raise DTypeError(f"{op.name}: expected real numbers, but got {dtype}.")
