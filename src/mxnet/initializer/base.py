"""The base of initializers: it looks at the name of a parameter and at what its variable says."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet import registry
from mxnet.errors import MXNetError, NameLookupError, ShapeError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxnet.ndarray import NDArray

__all__ = [
    "InitDesc",
    "InitializationError",
    "Initializer",
    "alias",
    "bilinear_kernel",
    "create",
    "not_one_of",
    "plain",
    "register",
]


class InitializationError(MXNetError, ValueError):
    """A parameter cannot be given a first value."""


class InitDesc(str):
    """The name of a parameter together with what its variable says about it.

    Parameters
    ----------
    name : str
        The parameter's name.
    attrs : dict of str to str, optional
        The attributes of its variable. ``__init__`` holds the initializer that the variable asks for.
    global_init : Initializer, optional
        The initializer that composite initializers hand parts of the parameter to.
    """

    attrs: dict[str, str]
    global_init: Initializer | None

    __slots__ = ("attrs", "global_init")

    def __new__(
        cls, name: str, attrs: dict[str, str] | None = None, global_init: Initializer | None = None
    ) -> InitDesc:
        """Attach the attributes to the name."""
        desc = super().__new__(cls, name)
        desc.attrs = attrs or {}
        desc.global_init = global_init
        return desc


class Initializer:
    """Base of all initializers: looks at a parameter's name and fills its array.

    A name that ends in ``weight`` gets the subclass's values, ``bias`` and ``beta`` become 0, ``gamma``
    becomes 1. A variable's own ``__init__`` attribute comes before its name. Subclasses override
    `_init_weight`, and may override `_init_bias`, `_init_gamma`, `_init_beta` and `_init_default` (any other
    name).

    Parameters
    ----------
    **kwargs
        The parameters of the subclass, kept for `dumps`.

    Examples
    --------
    >>> import mxnet as mx
    >>> weight = mx.nd.empty((2,))
    >>> mx.init.One()("fc_weight", weight)
    >>> weight.asnumpy()
    array([1., 1.], dtype=float32)
    """

    # What a name ends in, and the method that is called for it. The longer endings stand first.
    _BY_ENDING = (
        ("weight_quantize", "_init_quantized_weight"),
        ("bias_quantize", "_init_quantized_bias"),
        ("weight", "_init_weight"),
        ("bias", "_init_bias"),
        ("gamma", "_init_gamma"),
        ("beta", "_init_beta"),
        ("min", "_init_zero"),
        ("max", "_init_one"),
    )
    # A plain string in place of an `InitDesc` is MXNet's older interface, which knew these names as well.
    _BY_NAME = (
        (re.compile(r"upsampling.*$"), "_init_bilinear"),
        (re.compile(r"stn_loc.*weight$"), "_init_zero"),
        (re.compile(r"stn_loc.*bias$"), "_init_loc_bias"),
        (re.compile(r".*bias$"), "_init_bias"),
        (re.compile(r".*gamma$"), "_init_gamma"),
        (re.compile(r".*beta$"), "_init_beta"),
        (re.compile(r".*weight$"), "_init_weight"),
        (re.compile(r".*(moving_mean|moving_inv_var|moving_avg|min)$"), "_init_zero"),
        (re.compile(r".*(moving_var|max)$"), "_init_one"),
    )

    def __init__(self, **kwargs: object) -> None:
        self._kwargs = kwargs
        self._verbose = False
        self._print_func: Callable[[NDArray], str] | None = None

    def set_verbosity(
        self, verbose: bool = False, print_func: Callable[[NDArray], str] | None = None
    ) -> Initializer:
        """Log every parameter that is initialized, with what `print_func` says of its array.

        Without a `print_func`, that is the root of the mean square of the values.
        """
        self._verbose = verbose
        self._print_func = print_func or _root_mean_square
        return self

    def dumps(self) -> str:
        """Return the JSON text of the initializer: its name and its parameters.

        Examples
        --------
        >>> import mxnet as mx
        >>> mx.init.Normal(0.5).dumps()
        '["normal", {"sigma": 0.5}]'
        """
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.dumps() == other.dumps()

    def __hash__(self) -> int:
        return hash(self.dumps())

    def __call__(self, desc: str, arr: NDArray) -> None:
        """Fill an array.

        Parameters
        ----------
        desc : InitDesc or str
            The parameter's name. A plain string is treated by MXNet's older, longer list of names.
        arr : NDArray
            The parameter, written in place.

        Raises
        ------
        InitializationError
            If nothing is known about a parameter of this name.
        """
        if not isinstance(desc, str):
            raise _NotAName(f"Expected the parameter's name as InitDesc or str, got {type(desc).__name__}.")
        if not isinstance(desc, InitDesc):
            how = next((method for pattern, method in self._BY_NAME if pattern.match(desc)), "_init_default")
            getattr(self, how)(desc, arr)
            return
        if desc.global_init is None:
            desc.global_init = self
        own = desc.attrs.get("__init__")
        if own:
            create(own)._init_weight(desc, arr)
            self._report(desc, own, arr)
            return
        ending, how = next((e for e in self._BY_ENDING if desc.endswith(e[0])), ("default", "_init_default"))
        getattr(self, how)(desc, arr)
        self._report(desc, ending, arr)

    def _report(self, desc: str, kind: str, arr: NDArray) -> None:
        if self._verbose and self._print_func:
            logging.info("Initialized %s as %s: %s", desc, kind, self._print_func(arr))  # noqa: LOG015 - as MXNet

    def _init_weight(self, name: str, arr: NDArray) -> None:
        """Fill a weight: what a subclass is for."""
        raise NotImplementedError(f"{type(self).__name__} does not define _init_weight(name, arr).")

    def _init_zero(self, _: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_one(self, _: str, arr: NDArray) -> None:
        arr[:] = 1.0

    def _init_bias(self, _: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_gamma(self, _: str, arr: NDArray) -> None:
        arr[:] = 1.0

    def _init_beta(self, _: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_quantized_bias(self, _: str, arr: NDArray) -> None:
        arr[:] = 0

    def _init_quantized_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = nd.random.randint(-127, 127, shape=arr.shape, dtype="int32")

    def _init_bilinear(self, _: str, arr: NDArray) -> None:
        arr[:] = bilinear_kernel(arr.shape)

    def _init_loc_bias(self, name: str, arr: NDArray) -> None:
        if arr.shape != (6,):
            raise ShapeError(f"{name!r} holds a 2 x 3 affine map as (6,), but its shape is {arr.shape}.")
        arr[:] = np.array([1.0, 0, 0, 0, 1.0, 0])

    def _init_default(self, name: str, _: NDArray) -> None:
        raise InitializationError(
            f"How to initialize {name!r} is not known. An input must be known to the module by that name, in "
            "data_names or label_names. Parameters are initialized by what their names end in: weight, "
            "bias (0), gamma (1) or beta (0). Give any other an initializer of its own, "
            "mx.sym.Variable(name, init=...), or use mx.init.Mixed."
        )


class _NotAName(MXNetError, TypeError):
    """An initializer was called without a parameter's name."""


register = registry.get_register_func(Initializer, "initializer")
alias = registry.get_alias_func(Initializer, "initializer")
create = registry.get_create_func(Initializer, "initializer")


def bilinear_kernel(shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the weights by which each of the pixels around a point counts, for every pair of channels."""
    height, width = shape[2:]
    half = np.ceil(width / 2.0)
    centre = (2 * half - 1 - half % 2) / (2.0 * half)
    across = 1 - np.abs(np.arange(width) / half - centre)
    down = 1 - np.abs(np.arange(height) / half - centre)
    return np.broadcast_to(np.outer(down, across), shape).astype("float32")


def _root_mean_square(arr: NDArray) -> str:
    values = arr.asnumpy()
    return str(np.float32(np.linalg.norm(values) / np.sqrt(values.size)))


def plain(value: Any) -> Any:
    """Return numpy numbers and arrays as what JSON can hold."""
    if hasattr(value, "asnumpy"):
        value = value.asnumpy()
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def not_one_of(parameter: str, value: object, allowed: Any) -> MXNetError:
    """Return the error for a parameter that is none of the words it may be."""
    return NameLookupError(
        f"{parameter} is {value!r}. Expected one of {', '.join(allowed)}.{did_you_mean(value, allowed)}"
    )
