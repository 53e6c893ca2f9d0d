"""Random draws: a distribution with numbers as parameters, like an array, and one per element of arrays."""

from __future__ import annotations

import math
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mxnet.errors import DTypeError, MXNetError, ParameterError, ShapeError
from mxnet.ir.constraints import is_complete, merge_shapes
from mxnet.ir.declared import from_mxnet_extents, from_mxnet_shape
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.ir.storage import ROWS, Sparse
from mxnet.lazy import torch
from mxnet.ops.tools.device import generator_of, torch_device
from mxnet.ops.tools.expect import expect_real
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.onnx_graph import InexpressibleError, Open, volume
from mxnet.ops.tools.storage import like_the_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Generator, Tensor

    from mxnet.ops.tools import onnx_graph
    from mxnet.ops.tools.onnx_graph import OnnxGraph

    Value = float | Tensor
    Draw = Callable[..., Tensor]

DTYPES = ("None", "float16", "float32", "float64")


@dataclass(frozen=True)
class Distribution:
    """A distribution: what it is called, its parameters, and how to draw from it.

    Attributes
    ----------
    name : str
        As in ``_random_<name>``.
    title : str
        In words.
    parameters : dict of str to (str, Param)
        Their types and declarations when they are numbers.
    arrays : dict of str to str
        Their names and meaning when they are arrays.
    draw : callable
        ``draw(empty, generator, *values)`` returns random numbers shaped like the tensor `empty`; the values
        are numbers or tensors that broadcast to it.
    aliases : tuple of str
        Further names of the operator with number parameters.
    example : (str, str)
        Parameters, and arrays of them, for the examples in help.
    onnx : tuple of str
        ONNX's operator, if it has one, and what that calls the parameters.
    """

    name: str
    title: str
    parameters: dict[str, tuple[str, Any]]
    arrays: dict[str, str]
    draw: Draw
    aliases: tuple[str, ...] = ()
    example: tuple[str, str] = ("", "")
    onnx: tuple[str, ...] = ()


def _uniform(empty: Tensor, generator: Generator, low: Value, high: Value) -> Tensor:
    return empty.uniform_(generator=generator).mul_(high - low).add_(low)


def _normal(empty: Tensor, generator: Generator, loc: Value, scale: Value) -> Tensor:
    return empty.normal_(generator=generator).mul_(scale).add_(loc)


def _exponential(empty: Tensor, generator: Generator, lam: Value) -> Tensor:
    return empty.exponential_(generator=generator) / lam


def _gamma(empty: Tensor, generator: Generator, alpha: Value, beta: Value) -> Tensor:
    return torch._standard_gamma(_filled(empty, alpha), generator) * beta


def _poisson(empty: Tensor, generator: Generator, lam: Value) -> Tensor:
    return torch.poisson(_filled(empty, lam), generator)


def _negative_binomial(empty: Tensor, generator: Generator, k: Value, p: Value) -> Tensor:
    rate = _gamma(empty, generator, k, 1.0) * ((1 - _filled(empty, p)) / p)
    return torch.poisson(rate, generator)


def _generalized_negative_binomial(empty: Tensor, generator: Generator, mu: Value, alpha: Value) -> Tensor:
    spread = _filled(empty, alpha)
    tiny = torch.finfo(spread.dtype).tiny
    rate = _gamma(empty, generator, 1 / spread.clamp(min=tiny), spread) * mu
    return torch.poisson(torch.where(spread > tiny, rate, mu), generator)


def _filled(empty: Tensor, value: Value) -> Tensor:
    """Return a tensor like `empty` that holds the value."""
    if isinstance(value, float | int):
        return torch.full_like(empty, value)
    return value.to(empty.dtype).expand(empty.shape).contiguous()


DISTRIBUTIONS = (
    Distribution(
        "uniform",
        "the uniform distribution on [low, high)",
        {
            "low": ("float", param(default=0.0, doc="Lower bound.")),
            "high": ("float", param(default=1.0, doc="Upper bound.")),
        },
        {"low": "Lower bounds.", "high": "Upper bounds."},
        _uniform,
        ("random_uniform", "uniform"),
        ("low=-1.0, high=1.0", "[0, 10]; [1, 20]"),
        ("RandomUniform", "low", "high"),
    ),
    Distribution(
        "normal",
        "the normal distribution",
        {
            "loc": ("float", param(default=0.0, doc="Mean.")),
            "scale": ("float", param(default=1.0, ge=0, doc="Standard deviation.")),
        },
        {"mu": "Means.", "sigma": "Standard deviations."},
        _normal,
        ("random_normal", "normal"),
        ("loc=0.0, scale=2.0", "[0, 10]; [1, 2]"),
        ("RandomNormal", "mean", "scale"),
    ),
    Distribution(
        "gamma",
        "the gamma distribution, of mean alpha * beta",
        {
            "alpha": ("float", param(default=1.0, gt=0, doc="Shape.")),
            "beta": ("float", param(default=1.0, gt=0, doc="Scale.")),
        },
        {"alpha": "Shapes.", "beta": "Scales."},
        _gamma,
        ("random_gamma",),
        ("alpha=2.0, beta=1.0", "[1, 8]; [1, 2]"),
    ),
    Distribution(
        "exponential",
        "the exponential distribution, of mean 1 / lam",
        {"lam": ("float", param(default=1.0, gt=0, doc="Rate."))},
        {"lam": "Rates."},
        _exponential,
        ("random_exponential",),
        ("lam=2.0", "[1, 8]"),
    ),
    Distribution(
        "poisson",
        "the Poisson distribution; the numbers are whole, their dtype is not",
        {"lam": ("float", param(default=1.0, ge=0, doc="Mean."))},
        {"lam": "Means."},
        _poisson,
        ("random_poisson",),
        ("lam=4.0", "[1, 8]"),
    ),
    Distribution(
        "negative_binomial",
        "the negative binomial distribution: failures before k successes",
        {
            "k": ("int", param(default=1, ge=0, doc="Successes to wait for.")),
            "p": ("float", param(default=1.0, ge=0, le=1, doc="Probability of success.")),
        },
        {"k": "Successes to wait for.", "p": "Probabilities of success."},
        _negative_binomial,
        ("random_negative_binomial",),
        ("k=3, p=0.5", "[2, 4]; [0.5, 0.2]"),
    ),
    Distribution(
        "generalized_negative_binomial",
        "the negative binomial distribution of mean mu and variance mu + alpha * mu^2",
        {
            "mu": ("float", param(default=1.0, ge=0, doc="Mean.")),
            "alpha": (
                "float",
                param(default=1.0, ge=0, doc="Dispersion; 0 makes it a Poisson distribution."),
            ),
        },
        {"mu": "Means.", "alpha": "Dispersions; 0 makes it a Poisson distribution."},
        _generalized_negative_binomial,
        ("random_generalized_negative_binomial",),
        ("mu=2.0, alpha=0.5", "[2, 4]; [0.5, 1]"),
    ),
)


class _Random(Op):
    """Base of the operators that draw; nothing is differentiable through them."""

    pure = False
    usual = "float32"
    distribution: Distribution

    def _drawn_dtype(self, given: str | None) -> str:
        """Return the dtype of what is drawn: as asked for, as the array to fill has it, or the usual one."""
        asked: str | None = self.dtype  # type: ignore[attr-defined]
        if asked or given is None:
            return asked or self.usual
        if given not in self.params["dtype"].choices:  # type: ignore[operator]
            raise DTypeError(f"{self.name} cannot draw numbers of the data type {given}.")
        return given

    gradient = no_gradient

    def _output_dtype(self, run: Run) -> torch.dtype:
        name = run.out_dtypes[0] if run.out_dtypes else self._drawn_dtype(None)
        return getattr(torch, name)  # type: ignore[no-any-return]

    def _draw(self, run: Run, shape: Sequence[int], dtype: Any, *values: Value) -> Tensor:
        """Return random numbers, drawn in single precision or more; torch lacks some samplers of less."""
        wide = torch.promote_types(dtype, torch.float32) if dtype.is_floating_point else torch.float32
        empty = torch.empty(_checked(shape), dtype=wide, device=torch_device(run.context))
        return self.distribution.draw(empty, generator_of(run.context), *values).to(dtype)


def _checked(shape: Sequence[int]) -> tuple[int, ...]:
    """Return a shape; raise ShapeError if an extent is negative, which only calls on arrays can ask for."""
    if any(extent < 0 for extent in shape):
        raise ShapeError(f"output cannot have the shape {tuple(shape)}, with a negative extent.")
    return tuple(shape)


class _WithNumbers(_Random):
    """Base of ``_random_X``: the distribution's parameters are numbers."""

    inputs = {}
    shape: tuple[int, ...] | None
    dtype: str | None

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if self.shape is None else {"output": from_mxnet_shape(self.shape)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": self._drawn_dtype(t.output)}

    def forward(self, run: Run) -> Tensor:
        values = [getattr(self, name) for name in self.distribution.parameters]
        return self._draw(run, self._output_shape(run), self._output_dtype(run), *values)

    def onnx(self, to: OnnxGraph) -> onnx_graph.Value:
        dtype, shape = to.outs[0]
        if any(isinstance(extent, Open) for extent in shape):
            return _like_in_onnx(self, to, to.full(shape, 0, dtype))
        op_type, *names = self.distribution.onnx
        numbers = [float(getattr(self, name)) for name in self.distribution.parameters]
        facts = dict(zip(names, numbers, strict=True))
        return to.node(op_type, shape=list(shape), dtype=dtype, dtype_=to.code(dtype), **facts)

    def _output_shape(self, run: Run) -> tuple[int, ...]:
        return run.out_shapes[0] if run.out_shapes else self.shape or ()


class _LikeAnArray(_Random):
    """Base of ``_random_X_like``: shape and dtype are those of an array."""

    inputs = {"data": "What the result is shaped like."}
    sparse = Sparse(lambda op, stypes: ROWS if stypes[0] == ROWS else None, like_the_inputs)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.data is None else {"output": s.data}

    def forward(self, run: Run, data: Like) -> Tensor:
        return self._draw(
            run, data.shape, data.dtype, *(getattr(self, name) for name in self.distribution.parameters)
        )

    def onnx(self, to: OnnxGraph, data: onnx_graph.Value) -> onnx_graph.Value:
        return _like_in_onnx(self, to, data)


def _like_in_onnx(op: _Random, to: OnnxGraph, data: onnx_graph.Value) -> onnx_graph.Value:
    op_type, *names = op.distribution.onnx
    numbers = [float(getattr(op, name)) for name in op.distribution.parameters]
    facts: dict[str, Any] = dict(zip(names, numbers, strict=True))
    return to.node(f"{op_type}Like", data, **facts)


class _PerElement(_Random):
    """Base of ``_sample_X``: each element of the input arrays is a distribution of its own."""

    shape: tuple[int, ...] = param(default=(), doc="Shape of what is drawn from each distribution.")
    dtype: str | None = param(
        default=None, choices=DTYPES, doc="Data type of the output, float32 by default."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        drawn = from_mxnet_extents(self.shape)
        parameters: Shape | None = None
        if s.output is not None and len(s.output) >= len(drawn):
            parameters = s.output[: len(s.output) - len(drawn)]
        for each in s.ins:
            try:
                parameters = merge_shapes(parameters, each)
            except ValueError:
                raise ShapeError(
                    f"{' and '.join(self.inputs)} must have one shape; they have {s.ins}."
                ) from None
        return (
            {} if parameters is None else {"ins": (parameters,) * len(s.ins), "output": (*parameters, *drawn)}
        )

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        known = next((each for each in t.ins if each is not None), None)
        said: dict[str, Any] = {} if known is None else {"ins": (known,) * len(t.ins)}
        return said | {"output": self._drawn_dtype(t.output)}

    def forward(self, run: Run, *arrays: Tensor) -> Tensor:
        dtype = self._output_dtype(run)
        wide = torch.promote_types(dtype, torch.float32)
        values = [each.to(wide).reshape(*each.shape, *(1,) * len(self.shape)) for each in arrays]
        return self._draw(run, (*arrays[0].shape, *self.shape), dtype, *values)


def _declare(row: Distribution) -> None:
    """Make the three operators of a distribution."""

    def declare(base: type[_Random], name: str, aliases: tuple[str, ...], doc: str, **members: Any) -> None:
        kinds = {key: members[key][0] for key in members if isinstance(members[key], tuple)}
        body = {key: value[1] if key in kinds else value for key, value in members.items()}
        if not row.onnx:
            body["onnx"] = None
        body |= {"__annotations__": kinds, "__doc__": doc, "__module__": __name__, "distribution": row}
        types.new_class(
            name, (base,), {"name": name, "aliases": aliases}, lambda namespace: namespace.update(body)
        )

    placed = {
        "shape": (
            "tuple[int, ...] | None",
            param(default=None, doc="Shape of the output; 0 for what the use decides."),
        ),
        "ctx": ("str", param(default="", doc="Where to draw, such as cpu(0); used by arrays only.")),
        "dtype": (
            "str | None",
            param(default=None, choices=DTYPES, doc="Data type of the output, float32 by default."),
        ),
    }
    numbers, arrays = row.example
    declare(
        _WithNumbers,
        f"_random_{row.name}",
        row.aliases,
        f"Draws from {row.title}.",
        **row.parameters,
        **placed,
        example=f"| {numbers}, shape=(2, 3)",
    )
    like = f"Draws from {row.title}, in the shape and dtype of an array."
    declare(
        _LikeAnArray,
        f"_random_{row.name}_like",
        (),
        like,
        **row.parameters,
        example=f"mx.nd.ones((2, 3)) | {numbers}",
    )
    per_element = (
        f"Draws from {row.title}, one for each element of the inputs.\n\n"
        "Shapes: the inputs are alike, the output is theirs followed by `shape`."
    )
    declare(
        _PerElement,
        f"_sample_{row.name}",
        (f"sample_{row.name}",),
        per_element,
        inputs=row.arrays,
        example=f"{arrays} | shape=3",
    )


for _row in DISTRIBUTIONS:
    _declare(_row)


class RandInt(_WithNumbers, name="_random_randint", aliases=("random_randint",)):
    """Draws whole numbers uniformly from [low, high)."""

    example = "| low=0, high=10, shape=(2, 3)"
    usual = "int32"
    onnx = None  # type: ignore[assignment] # whose numbers are real
    low: int = param(doc="Lower bound.")
    high: int = param(doc="Upper bound, not drawn.")
    shape: tuple[int, ...] | None = param(
        default=None, doc="Shape of the output; 0 for what the use decides."
    )
    ctx: str = param(default="", doc="Where to draw, such as cpu(0); used by arrays only.")
    dtype: str | None = param(
        default=None, choices=("None", "int32", "int64"), doc="Data type of the output, int32 by default."
    )

    def validate(self) -> None:
        if self.low >= self.high:
            raise ParameterError(f"{self.name}: there are no whole numbers in [{self.low}, {self.high}).")

    def forward(self, run: Run) -> Tensor:
        return torch.randint(
            self.low,
            self.high,
            _checked(self._output_shape(run)),
            generator=generator_of(run.context),
            dtype=self._output_dtype(run),
            device=torch_device(run.context),
        )


class SampleMultinomial(Op, name="_sample_multinomial", aliases=("sample_multinomial",)):
    """Draws class numbers from rows of probabilities.

    Shapes: data (..., k), output data.shape[:-1] + shape, and (1,) if that leaves no axis. With ``get_prob``
    a second output holds the log probability of what was drawn; its gradient reaches data (as policy
    gradients need it).
    """

    example = "[0, 1, 0] | shape=4"
    inputs = {"data": "Probabilities, that add up to 1 along the last axis."}
    outputs = ("output0", "output1")
    pure = False
    shape: tuple[int, ...] = param(default=(), doc="Shape of what is drawn from each row.")
    get_prob: bool = param(default=False, doc="Whether to return the log probabilities too.")
    dtype: str = param(
        default="int32",
        choices=("float16", "float32", "float64", "int32", "uint8"),
        doc="Data type of the class numbers.",
    )

    def output_names(self) -> tuple[str, ...]:
        return self.outputs if self.get_prob else ("output",)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        drawn = (*s.data[:-1], *from_mxnet_extents(self.shape)) or (1,)
        return {"outs": (drawn,) * len(s.outs)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"outs": (self.dtype, t.data)[: len(t.outs)]}

    def forward(self, run: Run, data: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        expect_real(self, data)
        rows, count = data.reshape(-1, data.shape[-1]), math.prod(self.shape)
        shape = (*data.shape[:-1], *self.shape) or (1,)
        if (rows.sum(1) <= 0).any():
            raise MXNetError(f"{self.name}: the probabilities of each row must have a sum greater than 0.")
        drawn = torch.multinomial(
            rows.float(), max(count, 1), replacement=True, generator=generator_of(run.context)
        )[:, :count]
        classes = drawn.view(shape).to(getattr(torch, self.dtype))
        return (classes, rows.gather(1, drawn).log().view(shape)) if self.get_prob else classes

    def onnx(self, to: OnnxGraph, data: onnx_graph.Value) -> onnx_graph.Value:
        if self.get_prob:
            raise InexpressibleError("Multinomial does not tell how likely a draw was")
        rows = to.reshape(data, (volume((data.shape or ())[:-1]), data.extent(-1)))
        count = max(math.prod(self.shape), 1)
        drawn = to.Multinomial(to.Log(rows), sample_size=count, dtype="int32")
        return to.as_output(drawn.as_type(self.dtype))

    def backward_reads(self) -> tuple[str, ...]:
        return ("data", "output0", "grads") if self.get_prob else ("data", "grads")

    def backward(
        self, run: Run, data: Tensor, grads: Sequence[Tensor], output0: Tensor | None = None
    ) -> Tensor:
        if output0 is None:
            return torch.zeros_like(data)
        rows = data.reshape(-1, data.shape[-1])
        drawn = output0.long().view(len(rows), -1)
        slope = grads[1].reshape(drawn.shape) / rows.gather(1, drawn)
        return torch.zeros_like(rows).scatter_add(1, drawn, slope).view(data.shape)


class SampleUniqueZipfian(Op, name="_sample_unique_zipfian"):
    """Draws class numbers without repetition, small ones more often than large ones.

    Shapes: `shape` is (rows, n), for rows of n different classes; the outputs are these, and how many draws
    each row took (rows,), both int64. A draw is ``round(exp(u * log(range_max + 1))) - 1``, for u uniform on
    [0, 1).
    """

    example = "| range_max=20, shape=(2, 5)"
    inputs = {}
    outputs = ("output0", "output1")
    pure = False
    range_max: int = param(doc="Number of classes.")
    shape: tuple[int, ...] | None = param(default=None, doc="Number of rows, and of classes in each.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if self.shape is None or len(self.shape) != 2:
            raise ShapeError(f"{self.name}: shape must be (rows, classes in each), not {self.shape}.")
        if self.shape[1] > self.range_max:
            raise ShapeError(
                f"{self.name}: {self.shape[1]} different classes cannot be drawn from {self.range_max}."
            )
        return {"outs": (self.shape, self.shape[:1])}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"outs": ("int64", "int64")}

    def forward(self, run: Run) -> tuple[Tensor, Tensor]:
        rows, n = self.shape or ()
        drawn = self._draw(run, rows, 2 * n)
        while True:  # most of the time once; a row may need many draws where it must find every class
            new = _first_occurrences(drawn)
            found = new.cumsum(1)
            if not drawn.numel() or bool((found[:, -1] >= n).all()):
                break
            drawn = torch.cat((drawn, self._draw(run, rows, drawn.shape[1])), 1)
        taken = drawn[new & (found <= n)].view(rows, n)
        return taken, ((found < n).sum(1) + 1).clamp(max=drawn.shape[1])

    def _draw(self, run: Run, rows: int, n: int) -> Tensor:
        empty = torch.empty(rows, n, dtype=torch.float64, device=torch_device(run.context))
        drawn = empty.uniform_(generator=generator_of(run.context)) * math.log(self.range_max + 1)
        return drawn.exp().round().long().sub(1).remainder(self.range_max)


def _first_occurrences(rows: Tensor) -> Tensor:
    """Return where a value stands for the first time in its row."""
    values, order = rows.sort(dim=1, stable=True)
    new = torch.ones_like(values, dtype=torch.bool)
    new[:, 1:] = values[:, 1:] != values[:, :-1]
    return torch.zeros_like(new).scatter(1, order, new)


class Shuffle(Op, name="_shuffle", aliases=("shuffle",)):
    """Puts the rows of an array, along its first axis, in random order."""

    example = "[[1, 2], [3, 4], [5, 6]]"
    pure = False

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        known = s.output if s.data is None or (s.output is not None and is_complete(s.output)) else s.data
        return {} if known is None else {"data": known, "output": known}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data[torch.randperm(len(data), generator=generator_of(run.context), device=data.device)]

    gradient = no_gradient
