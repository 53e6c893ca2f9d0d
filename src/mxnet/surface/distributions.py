"""Functions that draw random numbers, in ``mx.nd.random`` and ``mx.sym.random``: one table serves both."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from mxnet.errors import CompositionError

__all__ = ["Interface", "drawing", "standard_normal", "zipfian"]

Made = TypeVar("Made")


class DistributionError(CompositionError, ValueError):
    """The parameters of a distribution are not all numbers or all arrays."""


class Interface(NamedTuple):
    """What is particular to arrays, or to symbols.

    Attributes
    ----------
    package : str
        Where users find the functions.
    kind : type
        ``NDArray`` or ``Symbol``: what parameters may be instead of numbers.
    draw : callable
        ``draw(operator, inputs, parameters, **options)``.
    options : dict of str to str
        What the functions take besides parameters, shape and dtype, all None by default; with their meaning.
    """

    package: str
    kind: type
    draw: Callable[..., Any]
    options: Mapping[str, str]


class _Function(NamedTuple):
    """A function that draws, as users call it; `parameters` have a default and a meaning."""

    summary: str
    parameters: Mapping[str, tuple[Any, str]]
    numpy_type: str = "float32"


_REQUIRED: Any = inspect.Parameter.empty
_FUNCTIONS = {
    "uniform": _Function(
        "Draw from the uniform distribution on [low, high).",
        {"low": (0, "The lower bound."), "high": (1, "The upper bound.")},
    ),
    "normal": _Function(
        "Draw from the normal distribution.",
        {"loc": (0, "The mean."), "scale": (1, "The standard deviation.")},
    ),
    "gamma": _Function(
        "Draw from the gamma distribution.",
        {"alpha": (1, "The shape; the mean is ``alpha * beta``."), "beta": (1, "The scale.")},
    ),
    "exponential": _Function("Draw from the exponential distribution.", {"scale": (1, "The mean.")}),
    "poisson": _Function("Draw from the Poisson distribution.", {"lam": (1, "The mean.")}),
    "negative_binomial": _Function(
        "Draw the number of failures before `k` successes.",
        {"k": (1, "The number of successes."), "p": (1, "The probability of a success.")},
    ),
    "generalized_negative_binomial": _Function(
        "Draw from the negative binomial distribution, given by its mean and dispersion.",
        {"mu": (1, "The mean."), "alpha": (1, "The dispersion.")},
    ),
    "randint": _Function(
        "Draw whole numbers from [low, high).",
        {"low": (_REQUIRED, "The lower bound."), "high": (_REQUIRED, "The upper bound.")},
        "int32",
    ),
}
_CONVERTED: dict[str, Callable[..., dict[str, Any]]] = {"exponential": lambda scale: {"lam": 1.0 / scale}}
"""Of the functions whose operators have other parameters: those, from theirs."""


def drawing(name: str, interface: Interface) -> Callable[..., Any]:
    """Return a function that draws from a distribution, or from one per element of arrays.

    Parameters
    ----------
    name : str
        Of the function; ``_random_<name>`` and ``_sample_<name>`` are its operators.
    interface : Interface
        For arrays, or for symbols.
    """
    row = _FUNCTIONS[name]
    signature = _signature(row, interface.options)

    def function(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        options = bound.arguments | bound.arguments.pop("kwargs")
        parameters = {key: options.pop(key) for key in row.parameters}
        arrays = sum(isinstance(value, interface.kind) for value in parameters.values())
        if arrays and (arrays < len(parameters) or name == "randint"):
            raise DistributionError(_not_alike(name, parameters, interface.kind))
        if name in _CONVERTED:
            parameters = _CONVERTED[name](**parameters)
        if arrays:
            return interface.draw(f"_sample_{name}", list(parameters.values()), {}, **options)
        return interface.draw(f"_random_{name}", [], parameters, **options)

    function.__name__ = function.__qualname__ = name
    function.__module__ = interface.package
    function.__doc__ = _document(name, row, interface)
    function.__signature__ = signature  # type: ignore[attr-defined]
    return function


def standard_normal(normal: Callable[..., Made]) -> Callable[..., Made]:
    """Return ``randn``, which is `normal` with its extents given one by one."""

    def randn(*shape: int, **kwargs: Any) -> Made:
        """Draw from the normal distribution; the extents are given one by one, all else as to ``normal``."""
        return normal(shape=shape or None, **kwargs)

    randn.__module__, randn.__qualname__ = normal.__module__, "randn"
    return randn


def zipfian(interface: Interface) -> Callable[..., Any]:
    """Return ``rand_zipfian`` for arrays or for symbols."""
    uniform = drawing("uniform", interface)
    kind = interface.kind.__name__
    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    required = [inspect.Parameter(key, either) for key in ("true_classes", "num_sampled", "range_max")]
    places = [inspect.Parameter("ctx", either, default=None)] if "ctx" in interface.options else []
    signature = inspect.Signature([*required, *places])

    def rand_zipfian(*args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        bound = signature.bind(*args, **kwargs).arguments
        true_classes, num_sampled, range_max = (bound.pop(each.name) for each in required)
        log_range = math.log(range_max + 1)
        drawn = uniform(0.0, log_range, shape=(num_sampled,), dtype="float64", **bound)
        samples = (drawn.exp() - 1).astype("int64") % range_max

        def expected(classes: Any) -> Any:
            classes = classes.astype("float64")
            return ((classes + 2) / (classes + 1)).log() / log_range * num_sampled

        return samples, expected(true_classes), expected(samples)

    rand_zipfian.__qualname__, rand_zipfian.__module__ = "rand_zipfian", interface.package
    rand_zipfian.__signature__ = signature  # type: ignore[attr-defined]
    where = f"ctx : optional\n    {interface.options['ctx']}\n" if places else ""
    rand_zipfian.__doc__ = _ZIPFIAN.format(kind=kind, where=where)
    return rand_zipfian


_ZIPFIAN = """Draw classes from a log-uniform (Zipfian) distribution, for sampled softmax and the like.

Parameters
----------
true_classes : {kind}
    The target classes.
num_sampled : int
    How many classes to draw.
range_max : int
    The number of classes; class k has the probability ``log((k + 2) / (k + 1)) / log(range_max + 1)``.
{where}
Returns
-------
samples : {kind}
    The classes drawn, int64.
expected_count_true, expected_count_sample : {kind}
    How often each target class, and each class drawn, is expected among `num_sampled` draws; float64.
"""


def _signature(row: _Function, options: Mapping[str, str]) -> inspect.Signature:
    defaults = {key: default for key, (default, _) in row.parameters.items()}
    defaults |= dict.fromkeys(("shape", "dtype", *options))
    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    placed = [inspect.Parameter(key, either, default=value) for key, value in defaults.items()]
    return inspect.Signature([*placed, inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)])


def _document(name: str, row: _Function, interface: Interface) -> str:
    kind = interface.kind.__name__
    number = "int" if name == "randint" else f"float or {kind}"
    lines = [row.summary, "", "Parameters", "----------"]
    for key, (_, meaning) in row.parameters.items():
        lines += [f"{key} : {number}", f"    {meaning}"]
    lines += [
        "shape : int or tuple of int, optional",
        f"    How many to draw; for {kind}s, from each.",
    ]
    lines += ["dtype : str or numpy.dtype, optional", f"    The data type; {row.numpy_type} by default."]
    for key, meaning in interface.options.items():
        lines += [f"{key} : optional", f"    {meaning}"]
    return "\n".join(lines)


def _not_alike(name: str, parameters: Mapping[str, Any], kind: type) -> str:
    given = ", ".join(f"{key} ({type(value).__name__})" for key, value in parameters.items())
    wanted = "numbers" if name == "randint" else f"all numbers or all {kind.__name__}s"
    return f"random.{name}: {given} must be {wanted}."
