"""Initializers: how parameters get their first values, chosen by the name of each parameter."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mxnet import ndarray as nd
from mxnet import registry
from mxnet.errors import MXNetError, NameLookupError, ShapeError, did_you_mean
from mxnet.historic import lend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mxnet.ndarray import NDArray

__all__ = [
    "Bilinear",
    "Constant",
    "FusedRNN",
    "InitDesc",
    "Initializer",
    "LSTMBias",
    "Load",
    "MSRAPrelu",
    "Mixed",
    "Normal",
    "One",
    "Orthogonal",
    "Uniform",
    "Xavier",
    "Zero",
    "alias",
    "create",
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
        arr[:] = _bilinear_kernel(arr.shape)

    def _init_loc_bias(self, name: str, arr: NDArray) -> None:
        if arr.shape != (6,):
            raise ShapeError(f"{name!r} holds a 2 x 3 affine map as (6,), but its shape is {arr.shape}.")
        arr[:] = np.array([1.0, 0, 0, 0, 1.0, 0])

    def _init_default(self, name: str, _: NDArray) -> None:
        raise InitializationError(
            f"How to initialize {name!r} is not known. Names are initialized by what they end in: weight, "
            f"bias (0), "
            "gamma (1) or beta (0). Give the variable an initializer of its own, mx.sym.Variable(name, "
            "init=...), "
            "or use mx.init.Mixed."
        )


class _NotAName(MXNetError, TypeError):
    """An initializer was called without a parameter's name."""


register = registry.get_register_func(Initializer, "initializer")
alias = registry.get_alias_func(Initializer, "initializer")
create = registry.get_create_func(Initializer, "initializer")


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


@alias("zero", "zeros")
class Zero(Initializer):
    """Sets weights to 0."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = 0


@alias("one", "ones")
class One(Initializer):
    """Sets weights to 1."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = 1


@register
class Constant(Initializer):
    """Sets weights to a value.

    Parameters
    ----------
    value : float or array
        A number, or values that fit the parameter's shape.
    """

    def __init__(self, value: Any) -> None:
        super().__init__(value=_plain(value))
        self.value = value

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = np.asarray(self.value) if isinstance(self.value, (list, tuple)) else self.value


@register
class Uniform(Initializer):
    """Draws weights evenly from ``[-scale, scale]``.

    Parameters
    ----------
    scale : float, default 0.07
    """

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=_plain(scale))
        self.scale = scale

    def _init_weight(self, _: str, arr: NDArray) -> None:
        _draw(nd.random.uniform, -self.scale, self.scale, arr)


@register
class Normal(Initializer):
    """Draws weights from a normal distribution around 0.

    Parameters
    ----------
    sigma : float, default 0.01
        Its standard deviation.
    """

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=_plain(sigma))
        self.sigma = sigma

    def _init_weight(self, _: str, arr: NDArray) -> None:
        _draw(nd.random.normal, 0, self.sigma, arr)


@register
class Orthogonal(Initializer):
    """Makes a weight whose rows (seen as a matrix) are orthogonal.

    Parameters
    ----------
    scale : float, default 1.414
        The length of the rows.
    rand_type : {'uniform', 'normal'}
        From what the random matrix is drawn whose singular vectors are taken.

    References
    ----------
    Saxe, McClelland, Ganguli: "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", 2013.
    """

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform") -> None:
        super().__init__(scale=_plain(scale), rand_type=rand_type)
        self.scale = scale
        self.rand_type = rand_type

    def _init_weight(self, _: str, arr: NDArray) -> None:
        shape = (arr.shape[0], int(np.prod(arr.shape[1:])))
        if self.rand_type == "uniform":
            values = nd.random.uniform(-1.0, 1.0, shape=shape)
        elif self.rand_type == "normal":
            values = nd.random.normal(0.0, 1.0, shape=shape)
        else:
            raise _not_one_of("rand_type", self.rand_type, ("uniform", "normal"))
        left, _scales, right = np.linalg.svd(values.asnumpy(), full_matrices=False)
        arr[:] = self.scale * (left if left.shape == shape else right).reshape(arr.shape)


@register
class Xavier(Initializer):
    """Draws weights so that signals keep their size through a layer.

    The scale is ``sqrt(magnitude / factor)``, where the factor is the number of inputs of an output (``in``),
    of outputs of an input (``out``) or their mean (``avg``). A convolution's kernel positions count on both
    sides.

    Parameters
    ----------
    rnd_type : {'uniform', 'gaussian'}
        Evenly from ``[-scale, scale]``, or normally with the scale as standard deviation.
    factor_type : {'avg', 'in', 'out'}
    magnitude : float, default 3

    References
    ----------
    Glorot, Bengio: "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=_plain(magnitude))
        self.rnd_type = rnd_type
        self.factor_type = factor_type
        self.magnitude = float(magnitude)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        if len(arr.shape) < 2:
            raise ShapeError(
                f"Xavier counts inputs and outputs, so it needs a weight of two or more dimensions; "
                f"{str(name)!r} "
                f"has the shape {arr.shape}. Give the variable another initializer: mx.sym.Variable(name, "
                f"init=...)."
            )
        positions = float(np.prod(arr.shape[2:]))
        inputs, outputs = arr.shape[1] * positions, arr.shape[0] * positions
        factors = {"avg": (inputs + outputs) / 2.0, "in": inputs, "out": outputs}
        if self.factor_type not in factors:
            raise _not_one_of("factor_type", self.factor_type, factors)
        scale = float(np.sqrt(self.magnitude / factors[self.factor_type]))
        if self.rnd_type == "uniform":
            _draw(nd.random.uniform, -scale, scale, arr)
        elif self.rnd_type == "gaussian":
            _draw(nd.random.normal, 0, scale, arr)
        else:
            raise _not_one_of("rnd_type", self.rnd_type, ("uniform", "gaussian"))


@register
class MSRAPrelu(Xavier):
    """Draws weights for layers that are followed by a (leaky) rectifier.

    Parameters
    ----------
    factor_type : {'avg', 'in', 'out'}
    slope : float, default 0.25
        The slope of the rectifier for negative values.

    References
    ----------
    He, Zhang, Ren, Sun: "Delving Deep into Rectifiers", 2015.
    """

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": _plain(slope)}


@register
class Bilinear(Initializer):
    """Sets the weight of a Deconvolution so that it enlarges images by bilinear interpolation."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = _bilinear_kernel(arr.shape)


@register
class LSTMBias(Initializer):
    """Sets the bias of an LSTM to 0, and its forget gate's part to a value, so that it starts by remembering.

    Parameters
    ----------
    forget_bias : float, default 1.0
        The bias of the forget gate, the second of the four gates.
    """

    def __init__(self, forget_bias: float = 1.0) -> None:
        super().__init__(forget_bias=_plain(forget_bias))
        self.forget_bias = forget_bias

    def _init_weight(self, _: str, arr: NDArray) -> None:
        quarter = arr.shape[0] // 4
        values = np.zeros(arr.shape, "float32")
        values[quarter : 2 * quarter] = self.forget_bias
        arr[:] = values


@register
class FusedRNN(Initializer):
    """Fills the packed parameters of a fused RNN, part by part.

    Parameters
    ----------
    init : Initializer, str or None
        What fills each part. None leaves it to the initializer of the whole network.
    num_hidden, num_layers : int
        As of the cell.
    mode : {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'}
        As of the cell.
    bidirectional : bool
        As of the cell.
    forget_bias : float, default 1.0
        The bias of the forget gates of an LSTM.
    """

    # The gates of each mode, in the order in which their rows are packed.
    _GATES: ClassVar[dict[str, tuple[str, ...]]] = {
        "rnn_relu": ("",),
        "rnn_tanh": ("",),
        "lstm": ("_i", "_f", "_c", "_o"),
        "gru": ("_r", "_z", "_o"),
    }

    def __init__(
        self,
        init: Initializer | str | None,
        num_hidden: int,
        num_layers: int,
        mode: str,
        bidirectional: bool = False,
        forget_bias: float = 1.0,
    ) -> None:
        inner = create(init) if isinstance(init, str) else init
        super().__init__(
            init=None if inner is None else inner.dumps(),
            num_hidden=_plain(num_hidden),
            num_layers=_plain(num_layers),
            mode=mode,
            bidirectional=bidirectional,
            forget_bias=_plain(forget_bias),
        )
        if mode not in self._GATES:
            raise _not_one_of("mode", mode, self._GATES)
        self._init = inner
        self._num_hidden = int(num_hidden)
        self._num_layers = int(num_layers)
        self._mode = mode
        self._directions = ("l", "r") if bidirectional else ("l",)
        self._forget_bias = forget_bias

    def _init_weight(self, desc: str, arr: NDArray) -> None:
        packed = np.empty(arr.shape, "float32")
        fallback = getattr(desc, "global_init", None)
        start = 0
        for name, shape in self.parts(desc.removesuffix("parameters"), arr.size):
            part = nd.zeros(shape)
            if self._mode == "lstm" and name.endswith("_f_bias"):
                part[:] = self._forget_bias
            else:
                init = self._init or fallback
                if init is None:
                    raise InitializationError(
                        f"FusedRNN has no initializer for {name!r}: pass one as `init`."
                    )
                init(InitDesc(name, global_init=fallback), part)
            packed[start : start + part.size] = part.asnumpy().ravel()
            start += part.size
        arr[:] = packed

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates of the mode, in the order in which their rows are packed."""
        return self._GATES[self._mode]

    def parts(self, prefix: str, size: int) -> list[tuple[str, tuple[int, ...]]]:
        """Name the parts of `size` values as the unfused cells do, in the order in which they are packed."""
        gates, hidden, directions = self.gates, self._num_hidden, len(self._directions)
        rows = len(gates) * hidden * directions
        # Every layer after the first reads `hidden * directions` values; what is left over belongs to the
        # first.
        later = (self._num_layers - 1) * rows * (hidden * (directions + 1) + 2)
        inputs = (size - later) // rows - hidden - 2
        if inputs < 1 or later + rows * (inputs + hidden + 2) != size:
            raise ShapeError(
                f"{size} values are no parameters of {self._num_layers} layers of {self._mode} with "
                f"{hidden} hidden "
                f"units in {directions} direction(s)."
            )
        return self.parts_of_width(prefix, inputs)

    def parts_of_width(self, prefix: str, inputs: int) -> list[tuple[str, tuple[int, ...]]]:
        """Name the parts of a network that reads `inputs` values in each step."""
        gates, hidden, directions = self.gates, self._num_hidden, len(self._directions)
        weights: list[tuple[str, tuple[int, ...]]] = []
        biases: list[tuple[str, tuple[int, ...]]] = []
        for layer in range(self._num_layers):
            width = inputs if layer == 0 else hidden * directions
            for direction in self._directions:
                for group, columns in (("i2h", width), ("h2h", hidden)):
                    for gate in gates:
                        name = f"{prefix}{direction}{layer}_{group}{gate}"
                        weights.append((f"{name}_weight", (hidden, columns)))
                        biases.append((f"{name}_bias", (hidden,)))
        return weights + biases


def _draw(distribution: Callable[..., NDArray], first: float, second: float, arr: NDArray) -> None:
    distribution(first, second, dtype=arr.dtype, out=arr)


def _bilinear_kernel(shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
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


def _plain(value: Any) -> Any:
    """Turn numpy numbers and arrays into what JSON can hold."""
    if hasattr(value, "asnumpy"):
        value = value.asnumpy()
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def _not_one_of(parameter: str, value: object, allowed: Any) -> MXNetError:
    return NameLookupError(
        f"{parameter} is {value!r}. Expected one of {', '.join(allowed)}.{did_you_mean(value, allowed)}"
    )


lend(__name__)
