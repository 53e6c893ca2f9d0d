"""Layers over one, two and three axes: their sizes, layouts, signatures and texts."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from mxnet.gluon.block import HybridBlock
from mxnet.gluon.errors import CheckError

if TYPE_CHECKING:
    from mxnet.gluon.nn.activations import Activation
    from mxnet.gluon.parameter import Parameter

__all__ = ["LayeredOver", "Size", "convolution_text", "lengths_of", "over", "per_axis"]

Size: TypeAlias = "int | Sequence[int]"


class LayeredOver(HybridBlock):
    """A layer over as many axes as its layouts have."""

    _layouts: ClassVar[tuple[str, ...]]
    _sizes: ClassVar[frozenset[str]]  # whose defaults show one number for each axis

    def _check_layout(self, layout: str) -> int:
        """Return the number of axes that are not batch or channels."""
        if layout not in self._layouts:
            allowed = " and ".join(map(repr, self._layouts))
            raise CheckError(f"{type(self).__name__} supports only layout {allowed}, got {layout!r}.")
        return len(layout) - 2


Layer = TypeVar("Layer", bound=HybridBlock)


def over(*layouts: str) -> Callable[[type[Layer]], type[Layer]]:
    """Set the layouts of a layer, and after them its number of axes and the defaults of its signature."""
    axes = len(layouts[0]) - 2

    def set_up(layer: type[Layer]) -> type[Layer]:
        sizes: frozenset[str] = layer._sizes  # type: ignore[attr-defined]
        init: Any = layer.__init__
        own_defaults: dict[str, Any] = {"layout": layouts[0], "conv_layout": layouts[0]}
        parameters = [
            each for each in inspect.signature(init).parameters.values() if each.default is not each.empty
        ]
        if axes > 1:
            own_defaults |= {each.name: (each.default,) * axes for each in parameters if each.name in sizes}
        defaults = tuple(own_defaults.get(each.name, each.default) for each in parameters)
        own = types.FunctionType(init.__code__, init.__globals__, "__init__", defaults, init.__closure__)
        own.__annotations__, own.__qualname__ = init.__annotations__, f"{layer.__name__}.__init__"
        layer.__init__ = own  # type: ignore[method-assign]
        layer._layouts = layouts  # type: ignore[attr-defined]
        return layer

    return set_up


def per_axis(layer: HybridBlock, name: str, size: Size, axes: int) -> tuple[int, ...]:
    """Return a size as one number for each axis."""
    if not isinstance(size, Sequence):
        return (size,) * axes
    if len(size) != axes:
        raise CheckError(
            f"{name} of {type(layer).__name__} has to be a number or a list of {axes}, got {size!r}."
        )
    return tuple(size)


def lengths_of(parameter: Parameter) -> tuple[int, ...]:
    """Return the shape of a parameter that a layer has made; lengths not known yet are 0."""
    assert parameter.shape is not None
    return parameter.shape


def convolution_text(
    layer: HybridBlock,
    weight: Parameter,
    kwargs: dict[str, Any],
    bias: Parameter | None,
    activation: Activation | None,
) -> str:
    """Return the repr of a convolution.

    The two numbers are the second and the first length of the weight whatever its layout, as in MXNet.
    """
    axes, shape = len(kwargs["kernel"]), lengths_of(weight)
    parts = [
        f"{shape[1] or None} -> {shape[0]}",
        f"kernel_size={kwargs['kernel']}",
        f"stride={kwargs['stride']}",
    ]
    unusual = {
        "padding": (kwargs["pad"], (0,) * axes),
        "dilation": (kwargs["dilate"], (1,) * axes),
        "groups": (kwargs["num_group"], 1),
        "bias": (bias is not None, True),
    }
    parts += [f"{name}={value}" for name, (value, usual) in unusual.items() if value != usual]
    parts += [] if activation is None else [str(activation)]
    return f"{type(layer).__name__}({', '.join(parts)})"
