"""Operators: a class declares one, a frozen instance is the operator with its parameters bound."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mxnet.dtype import is_floating, largest, number_as
from mxnet.errors import ParameterError, UnknownOperatorError, did_you_mean
from mxnet.ir.elsewhere import Elsewhere
from mxnet.ir.memory import EITHER, Memory, takes_out
from mxnet.ir.param import PARSERS, Param, as_text, param
from mxnet.ir.run import Like, Run, Slots
from mxnet.ir.storage import FALLS_BACK, Sparse
from mxnet.ir.types import CHANNELS_LAST, Shape

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform

    from mxnet.native.rows import Rows
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        """Stand in for typing's, which only type checkers need and Python 3.10 lacks."""
        return lambda cls: cls


__all__ = [
    "DERIVED",
    "REGISTRY",
    "Like",
    "Op",
    "Run",
    "Shape",
    "Slots",
    "find_operator",
    "op_names",
    "param",
]

REGISTRY: dict[str, type[Op]] = {}
"""Every operator class under its name and all its aliases; filled while the package is imported."""
_MOST_INTERNED = 4096  # per class; array code makes a new operator for every learning rate it computes

DERIVED: list[Callable[[str], type[Op] | None]] = []
"""Functions that make the class for a name derived from another's, such as ``_backward_Convolution``."""


@dataclass_transform(field_specifiers=(param,), frozen_default=True, kw_only_default=True)
class Op(Elsewhere):
    """Base of all operators. A subclass declares; ``Subclass.bind({...})`` makes the frozen, interned value.

    A declaration consists of its surface:

    ``inputs``, ``aux``, ``outputs``
        Names (with a sentence each, for inputs and aux). ``input_names``, ``aux_names`` and ``output_names``
        may be overridden where they depend on parameters; ``no_bias`` leaves out what is named after a bias.
    ``name: type = param(...)``
        A parameter, in MXNet's order.
    ``variadic``
        The parameter that counts a variable number of inputs, such as ``"num_args"``; the inputs are then
        ``arg0``, ``arg1`` …
    ``visible_outputs()``
        How many of the outputs a user sees; the rest are for the backward pass only.
    ``call_order``
        All inputs and aux states as calls and files have them, where the latter do not come last.
    ``initializers``
        The ``__init__`` notes, by slot, that variables get when this operator uses them and they have none.
    ``names_inputs``
        Whether a Monitor shows inputs by their names; MXNet has given some operators none: ``input0``.
    ``example``
        A small call for the help: inputs, apart by ``;``, and parameters after ``|``. An input is a list of
        numbers, an expression that gives an array, or None for one that is left out.

    what it means:

    ``infer_shape(s)``, ``infer_dtype(t)``
        Return what can be said about any slot, from what is known (:class:`Slots`), as ``{slot name:
        value}``; the keys ``ins``, ``aux`` and ``outs`` take a tuple for all. Called until nothing changes.
        Without ``infer_dtype`` all slots share one dtype.
    ``guess_shape(s)``
        What is taken for granted about outputs that nothing determines, once nothing changes any more; the
        shapes of variables are those that were given. Only for what MXNet guesses, too.
    ``forward(run, *tensors)``
        The kernel; returns one tensor, or a tuple for several outputs. It takes tensors of any strides,
        writes only those that ``mutates`` names (and ``out``), and depends on nothing but its arguments and
        the operator's parameters: on no other state of the process.
    ``gradient(node, grads)`` or ``backward(run, …)``
        See :mod:`mxnet.analysis.gradient`. With neither, torch differentiates the kernel.
    ``residual``, ``residual_bytes(run)``
        What ``forward`` leaves for ``backward`` besides outputs: anything, a tensor or not. The first names
        it, as a parameter of ``backward``; the second says what it takes, but for what inputs and outputs
        take, so that it is planned. ``forward`` returns it behind the outputs, if ``run.wants`` is not empty.
        It may be read several times, and nothing else may be left anywhere.
    ``add_gradient(array, gradient)``
        What ``grad_req="add"`` makes of an array, for operators that do not simply add (losses, in MXNet).
    ``mutates``
        Inputs or aux states that ``forward`` (or ``backward``) writes.
    ``writes_in_backward_only``
        Whether ``forward`` leaves alone what ``mutates`` names, so that it may be run twice.
    ``effects``
        Of ``"forward"`` and ``"backward"`` those kernels that do more than compute. The first runs even if
        nothing reads its result, the second even if the gradient that arrives is known to be zero.
    ``pure``
        False if two equal calls may give different results.
    ``late_shape``
        Whether the shape of an output depends on data, and is known only when it was computed.
    ``interned``
        False if every node needs an instance of its own.

    and what makes it fast; without these it is right, and computes with new memory and dense arrays:

    ``memory``, ``backward_memory``
        Where the results of the two kernels lie, see :class:`mxnet.ir.memory.Memory`.
    ``sparse``
        What it does with arrays that are not stored densely, see :class:`mxnet.ir.storage.Sparse`.
    ``image_inputs()``
        Positions of the inputs whose layout in memory (channels first or last) the first output takes over.
    ``learned``: the inputs and aux states that take what is learned, and seldom change between inferences.
    ``as_activation()``
        Its name among oneDNN's activations, and its numbers, if a layer in front of it may do what it does.
    ``identity_in_inference``
        Whether the only visible output is the first input when ``is_train`` is False.
    ``cost``
        Of a result, once more: ``"much"`` (a product), ``"little"``, or ``"nothing"`` (the input, stored).
    ``as_rows(to)``, ``backward_as_rows(to)``, ``rows_of_any_layout``: see :class:`mxnet.native.rows.Rows`.
    """

    inputs: ClassVar[dict[str, str]] = {"data": "Input data."}
    aux: ClassVar[dict[str, str]] = {}
    outputs: ClassVar[tuple[str, ...]] = ("output",)
    variadic: ClassVar[str | None] = None
    call_order: ClassVar[tuple[str, ...]] = ()
    initializers: ClassVar[dict[str, str]] = {}
    names_inputs: ClassVar[bool] = True
    effects: ClassVar[tuple[Literal["forward", "backward"], ...]] = ()
    example: ClassVar[str] = ""
    accepts_any_parameter: ClassVar[bool] = False

    mutates: ClassVar[tuple[str, ...]] = ()
    writes_in_backward_only: ClassVar[bool] = False
    pure: ClassVar[bool] = True
    late_shape: ClassVar[bool] = False
    interned: ClassVar[bool] = True

    memory: ClassVar[Memory] = EITHER
    backward_memory: ClassVar[Memory] = EITHER
    sparse: ClassVar[Sparse] = FALLS_BACK
    learned: ClassVar[tuple[str, ...]] = ()
    identity_in_inference: ClassVar[bool] = False
    cost: ClassVar[Literal["nothing", "little", "much"]] = "little"

    name: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[dict[str, Param]] = {}
    _interned: ClassVar[dict[tuple[tuple[str, str], ...], Op]]

    residual: ClassVar[str] = ""
    residual_bytes: ClassVar[Callable[..., int] | None] = None
    gradient: ClassVar[Callable[..., Any] | None] = None
    backward: ClassVar[Callable[..., Any] | None] = None
    add_gradient: ClassVar[Callable[..., Any] | None] = None
    forward: ClassVar[Callable[..., Any]]
    as_rows: ClassVar[Callable[[Any, Rows], None] | None] = None
    rows_of_any_layout: ClassVar[bool] = False
    backward_as_rows: ClassVar[Callable[[Any, Rows], None] | None] = None

    given: dict[str, str]
    """The parameters as strings, those that were given."""
    _values: tuple[Any, ...]
    _hash: int

    def __init_subclass__(cls, *, name: str = "", aliases: tuple[str, ...] = (), **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        declared = {
            key: Param(key, annotation, p.default, p.doc, p.ge, p.le, p.gt, p.choices)
            for key, annotation in inspect.get_annotations(cls).items()
            if isinstance(p := vars(cls).get(key), Param)
        }
        # One that is declared again takes its new place in the order.
        cls.params = {key: p for key, p in cls.params.items() if key not in declared} | declared
        cls._interned = {}
        for key in declared:
            delattr(cls, key)
        if name:
            cls.name, cls.aliases = name, aliases
            _check_declaration(cls)
            for each in (name, *aliases):
                if each in REGISTRY:
                    raise TypeError(
                        f"operator {each!r} is declared twice: {REGISTRY[each].__module__} and "
                        f"{cls.__module__}"
                    )
                REGISTRY[each] = cls

    # --------------------------------------------------------------------------------------------- making one

    @classmethod
    def bind(cls, given: Mapping[str, str]) -> Op:
        """Return the operator with these parameters, given as strings; equal ones are mostly one object.

        Raises
        ------
        ParameterError
            If one is missing, unknown or has a value that is not allowed.
        """
        if not cls.interned:
            return cls._from_text(given)
        key = tuple(given.items())
        op = cls._interned.get(key)
        if op is None:
            if len(cls._interned) >= _MOST_INTERNED:
                cls._interned.clear()
            op = cls._interned[key] = cls._from_text(given)
        return op

    @classmethod
    def make(cls, **values: object) -> Op:
        """Return the operator with these parameters, given as Python values."""
        return cls.bind({key: as_text(value) for key, value in values.items()})

    @classmethod
    def _from_text(cls, given: Mapping[str, str]) -> Op:
        values: dict[str, Any] = {}
        unknown = [key for key in given if key not in cls.params and not is_hidden(key)]
        # MXNet's operators without parameters do not look at what they are given.
        if unknown and cls.params and not cls.accepts_any_parameter:
            known = ", ".join(cls.params)
            hint = did_you_mean(unknown[0], cls.params)
            raise ParameterError(
                f"{cls.name} has no parameter {unknown[0]!r}.{hint} Its parameters are: {known}."
            )
        for key, declared in cls.params.items():
            if key in given:
                values[key] = declared.parse(given[key], cls.name)
            elif declared.required:
                raise ParameterError(
                    f"{cls.name} requires the parameter {key!r} ({declared.describe()}): {declared.doc}"
                )
            else:
                values[key] = declared.default
        op = object.__new__(cls)
        op.__dict__.update(values, given=dict(given))
        op._settle_identity()
        op.validate()
        return op

    def knowing(self, **facts: object) -> Op:
        """Return an operator like this one that knows what no parameter can hold, such as graphs to run."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__, **facts)
        made._settle_identity()
        return made

    def _settle_identity(self) -> None:
        values = self._identity(self.given)
        self.__dict__.update(_values=values, _hash=hash((type(self), values)))

    def _identity(self, given: Mapping[str, str]) -> tuple[Any, ...]:  # noqa: ARG002 - Custom tells by what it was given
        return tuple(self.__dict__[key] for key in self.params)

    def validate(self) -> None:
        """Check what one parameter alone cannot tell; raise ParameterError."""

    # --------------------------------------------------------------------------------------------- as a value

    def __setattr__(self, key: str, value: object) -> None:
        raise AttributeError(f"{self!r} is frozen: make another operator instead of setting {key!r}")

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and self._values == other._values)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        shown = (f"{k}={self.__dict__[k]!r}" for k, p in self.params.items() if self.__dict__[k] != p.default)
        return f"{self.name}({', '.join(shown)})"

    # ---------------------------------------------------------------------------------------- slots, by value

    def input_names(self) -> tuple[str, ...]:
        """Return the names of the inputs, in order."""
        if self.variadic:
            return tuple(f"arg{i}" for i in range(getattr(self, self.variadic)))
        if getattr(self, "no_bias", False):
            return tuple(name for name in self.inputs if "bias" not in name)
        return tuple(self.inputs)

    def aux_names(self) -> tuple[str, ...]:
        """Return the names of the auxiliary states, which follow the inputs."""
        return tuple(self.aux)

    def output_names(self) -> tuple[str, ...]:
        """Return the names of all outputs, the hidden ones last."""
        return self.outputs

    def visible_outputs(self) -> int:
        """Return how many outputs a user sees."""
        return len(self.output_names())

    @functools.cached_property
    def slots(self) -> tuple[str, ...]:
        """All slot names: inputs, aux, outputs."""
        return self.input_names() + self.aux_names() + self.output_names()

    @functools.cached_property
    def arity(self) -> tuple[int, int, int]:
        """The numbers of inputs, aux states and outputs."""
        return len(self.input_names()), len(self.aux_names()), len(self.output_names())

    def image_inputs(self) -> tuple[int, ...]:
        """Return the positions of the inputs whose layout the first output takes over."""
        return ()

    def as_activation(self) -> tuple[str, tuple[float, ...]] | None:
        """Return what a layer in front of it needs to know to do what it does."""
        return None

    def backward_reads(self) -> tuple[str, ...]:
        """Return what ``backward`` reads; a class overrides this where its parameters decide."""
        return reads_of(type(self))  # type: ignore[arg-type]

    def backward_likes(self) -> frozenset[str]:
        """Return those of ``backward_reads`` of which only shape and dtype are read."""
        return frozenset() if type(self).backward is None else likes_of(type(self).backward)

    def layouts(self, ins: Sequence[str]) -> tuple[str, ...]:
        """Return the layouts of the outputs, from those of inputs and aux states."""
        follows = CHANNELS_LAST in ins and any(ins[i] == CHANNELS_LAST for i in self.image_inputs())
        return ((CHANNELS_LAST if follows else ""), *("",) * (self.arity[2] - 1))[: self.arity[2]]

    def held_in(self, dtypes: Iterable[str | None]) -> Op:
        """Return the operator whose real parameters are as arrays hold them: 1e9 is infinite in float16.

        C converts a parameter to the type of the data before it computes; torch refuses what does not fit.

        Parameters
        ----------
        dtypes : iterable of str or None
            The data types of the inputs; the widest real one counts.
        """
        reals = [dtype for dtype in dtypes if dtype is not None and is_floating(dtype)]
        if not reals or not self.interned:
            return self
        widest = max(reals, key=largest)
        changed = {}
        for key in _real_parameters(type(self)):  # type: ignore[arg-type]
            value = getattr(self, key)
            held = _held(value, widest)
            if held != value:
                changed[key] = as_text(held)
        return self.bind(self.given | changed) if changed else self

    # ------------------------------------------------------------------------------------------ what it means

    infer_shape: ClassVar[Callable[..., Mapping[str, Any]]]
    guess_shape: ClassVar[Callable[..., Mapping[str, Any]] | None] = None

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        """Return what is known of the dtypes: by default all slots share one."""
        known = next((each for each in (*t.ins, *t.outs, *t.aux) if each is not None), None)
        if known is None:
            return {}
        return {"ins": (known,) * len(t.ins), "aux": (known,) * len(t.aux), "outs": (known,) * len(t.outs)}

    def kernel_for(self, run: Run) -> Callable[..., Any]:
        """Return the function of tensors that runs this operator; inputs, then aux, by position."""
        names = self.input_names() + self.aux_names()
        forward = self.forward
        declared = [*self.inputs, *self.aux]
        if self.variadic or list(names) == declared[: len(names)]:
            return functools.partial(forward, run)

        def by_name(*tensors: Any, **out: Any) -> Any:
            return forward(run, **dict(zip(names, tensors, strict=True)), **out)

        return by_name

    def kernel_into(self, run: Run) -> Callable[..., Any]:
        """Return the kernel that takes ``out``; that of ``kernel_for`` may be faster, and not take it."""
        return Op.kernel_for(self, run)

    @functools.cached_property
    def overwrites(self) -> tuple[int, ...]:
        """Positions of the inputs that the first output may overwrite, the best first."""
        over, names = self.memory.over, self.input_names()
        if self.variadic and over:
            return tuple(range(len(names)))
        return tuple(names.index(name) for name in over if name in names)

    def writes_into(self, output: int) -> Literal["", "write", "add"]:
        """Return how the kernel can write that output where it is told: ``"write"``, ``"add"`` or not."""
        return "write" if self.memory.into and output == 0 else ""

    @functools.cached_property
    def shape_only(self) -> frozenset[int]:
        """Positions of the inputs of which the kernel reads only shape and dtype."""
        likes = likes_of(type(self).forward)
        return frozenset(i for i, name in enumerate(self.input_names()) if name in likes)

    @property
    def opaque(self) -> frozenset[int]:
        """Positions of the inputs that are residuals of other operators."""
        return frozenset()


@functools.cache
def _real_parameters(cls: type[Op]) -> tuple[str, ...]:
    return tuple(key for key, declared in cls.params.items() if "float" in declared.base)


def _held(value: Any, dtype: str) -> Any:
    if isinstance(value, tuple):
        return tuple([number_as(each, dtype) for each in value])
    return value if value is None else number_as(value, dtype)


def is_hidden(key: str) -> bool:
    """Whether an attribute is a ``__note__`` to somebody, not an operator's parameter."""
    return key.startswith("__") and key.endswith("__") and len(key) > 4


@functools.cache
def likes_of(kernel: Callable[..., Any]) -> frozenset[str]:
    """Return the parameters of a kernel that are annotated with :class:`Like`."""
    return frozenset(
        name for name, annotation in inspect.get_annotations(kernel).items() if "Like" in str(annotation)
    )


GROUPS = ("grad", "grads", "ins", "outs", "aux")
"""What a ``backward`` may ask for besides inputs, aux states and outputs by name."""


@functools.cache
def reads_of(cls: type[Op]) -> tuple[str, ...]:
    """Return what a class's ``backward`` reads: its parameters, after ``self`` and ``run``."""
    code = inspect.unwrap(cls.backward).__code__  # type: ignore[arg-type] # a signature takes thrice as long
    last = code.co_argcount + code.co_kwonlyargcount
    return (*code.co_varnames[2 : code.co_argcount], *code.co_varnames[last : last + bool(code.co_flags & 4)])


def _check_declaration(cls: type[Op]) -> None:
    """Refuse a wrong declaration while the package is imported, not when a user meets it."""
    for what in ("forward", "backward"):
        _check_memory(cls, what)
    if cls.backward is not None:
        allowed = {*cls.inputs, *cls.aux, *cls.outputs, *GROUPS, cls.residual}
        wrong = [name for name in reads_of(cls) if name not in allowed]  # type: ignore[arg-type]
        if wrong and not cls.variadic:
            raise TypeError(
                f"{cls.name}.backward reads {wrong}, which are not inputs, aux, outputs or one of {GROUPS}"
            )
    if cls.residual and cls.residual_bytes is None:
        raise TypeError(f"{cls.name} declares the residual {cls.residual!r}, but no residual_bytes")
    for key in cls.params.values():
        if key.base not in PARSERS and key.choices is None:
            raise TypeError(
                f"{cls.name}.{key.name} has the annotation {key.kind!r}, which is no parameter type"
            )
    if not hasattr(cls, "infer_shape"):
        raise TypeError(f"{cls.name} declares no infer_shape")


def _check_memory(cls: type[Op], what: Literal["forward", "backward"]) -> None:
    kernel, memory = getattr(cls, what, None), cls.memory if what == "forward" else cls.backward_memory
    if isinstance(memory, property) or not memory.takes_out:
        return
    if not takes_out(kernel):
        raise TypeError(f"{cls.name} declares {memory}, but its {what} kernel takes no out")
    known = (*cls.inputs, *cls.aux, *cls.outputs, *GROUPS)
    if wrong := [name for name in (*memory.over, *memory.adds) if name not in known]:
        raise TypeError(f"{cls.name} declares {memory}, but it has no {', '.join(wrong)}")


def find_operator(name: str) -> type[Op]:
    """Return the operator class of that name or alias.

    Raises
    ------
    UnknownOperatorError
        If there is none; with the closest name.
    """
    cls = REGISTRY.get(name)
    if cls is None:
        for derive in DERIVED:
            if (cls := derive(name)) is not None:
                return cls
        raise UnknownOperatorError(f"There is no operator {name!r}.{did_you_mean(name, REGISTRY)}")
    return cls


def op_names() -> Iterator[str]:
    """Yield all registered names, aliases included, in alphabetical order."""
    yield from sorted(REGISTRY)
