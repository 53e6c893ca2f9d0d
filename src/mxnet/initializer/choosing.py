"""Initializers that hand each parameter to others, by its name."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from mxnet import ndarray as nd
from mxnet.errors import ShapeError, did_you_mean
from mxnet.initializer.base import InitializationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mxnet.ndarray import NDArray

__all__ = ["Load", "Mixed"]


class Load:
    """Takes parameters from a file or a dictionary, and the rest from another initializer.

    Parameters
    ----------
    param : str or dict of str to NDArray
        A ``.params`` file or its contents. The prefixes ``arg:`` and ``aux:`` of the names are dropped.
    default_init : Initializer, optional
        What initializes parameters that are not in `param`.
    verbose : bool
        Whether to log where each parameter came from.
    """

    def __init__(
        self,
        param: str | Mapping[str, NDArray],
        default_init: Callable[[str, NDArray], None] | None = None,
        verbose: bool = False,
    ) -> None:
        params = nd.load(param) if isinstance(param, str) else param
        if not hasattr(params, "items"):
            raise InitializationError(f"{param!r} holds a list of arrays. Load needs arrays with names.")
        self.param: dict[str, NDArray] = {re.sub("^(arg|aux):", "", name): a for name, a in params.items()}
        self.default_init = default_init
        self.verbose = verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill `arr` with the parameter of that name."""
        if name in self.param:
            given = self.param[name]
            if arr.shape != given.shape:
                raise ShapeError(
                    f"The parameter {name!r} has the shape {arr.shape}, but the loaded array has "
                    f"{given.shape}."
                )
            arr[:] = given
            source = "from the loaded parameters"
        elif self.default_init is None:
            raise InitializationError(
                f"The parameter {name!r} is not among the loaded ones, and there is no default_init."
                f"{did_you_mean(name, self.param)}"
            )
        else:
            self.default_init(name, arr)
            source = "by the default initializer"
        if self.verbose:
            logging.info("Initialized %s %s", name, source)  # noqa: LOG015 - as MXNet


class Mixed:
    """Chooses an initializer by the first pattern that a parameter's name matches.

    Parameters
    ----------
    patterns : list of str
        Regular expressions, matched from the start of the name.
    initializers : list of Initializer
        One for each pattern.

    Examples
    --------
    >>> import mxnet as mx
    >>> init = mx.init.Mixed([".*embed.*", ".*"], [mx.init.Normal(0.1), mx.init.Xavier()])
    """

    def __init__(
        self, patterns: Sequence[str], initializers: Sequence[Callable[[str, NDArray], None]]
    ) -> None:
        if len(patterns) != len(initializers):
            raise InitializationError(
                f"Mixed needs one initializer for each pattern, got {len(patterns)} patterns and "
                f"{len(initializers)} initializers."
            )
        self.map = [(re.compile(p), init) for p, init in zip(patterns, initializers, strict=True)]

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill `arr` by the first initializer whose pattern matches."""
        for pattern, init in self.map:
            if pattern.match(name):
                init(name, arr)
                return
        raise InitializationError(
            f"The parameter {name!r} matches none of the patterns {[p.pattern for p, _ in self.map]}. "
            'Add ".*" as the last pattern for all others.'
        )
