"""Operators: a class declares one, a frozen instance is the operator with its parameters bound."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from mxnet.errors import ParameterError, UnknownOperatorError, did_you_mean
from mxnet.ir.param import Param, as_text, param
from mxnet.ir.types import CHANNELS_LAST, Shape, Type, is_complete

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform

    from mxnet.context import Context
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        """Stand in for typing's, which only type checkers need and Python 3.10 lacks."""
        return lambda cls: cls


__all__ = [
    "DERIVED",
    "NOWHERE",
    "REGISTRY",
    "Into",
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


class Slots:
    """What is known about the shapes (or dtypes) around a node, by name: ``s.data``, ``s.output``.

    ``s.ins``, ``s.aux`` and ``s.outs`` hold the same by position.
    """

    __slots__ = ("__dict__", "aux", "ins", "outs")

    def __init__(
        self, names: tuple[str, ...], ins: tuple[Any, ...], aux: tuple[Any, ...], outs: tuple[Any, ...]
    ) -> None:
        self.ins, self.aux, self.outs = ins, aux, outs
        self.__dict__.update(zip(names, ins + aux + outs, strict=True))

    if TYPE_CHECKING:  # the names of slots are known when a program runs

        def __getattr__(self, name: str) -> Any: ...


class Like:
    """Stands in for a tensor of which only the shape and dtype are read; it is not kept alive for that.

    A kernel says so by annotating the parameter with this class.
    """

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape = shape
        self.dtype = dtype

    def __repr__(self) -> str:
        return f"Like({self.shape}, {self.dtype})"


class Into(NamedTuple):
    """Where a ``backward`` kernel writes a gradient, instead of returning a new tensor (and returns None).

    Attributes
    ----------
    tensor : Tensor
        Of the gradient's shape and dtype; with ``add`` it holds what the gradient is added to.
    add : bool
        Whether the gradient is added to what is there.
    """

    tensor: Any
    add: bool


NOWHERE: Mapping[str, Into] = {}
"""What ``into`` is where a backward kernel is free to return new tensors."""


class Run:
    """What a kernel may know about the run it is part of, fixed when the program is made.

    Attributes
    ----------
    is_train : bool
        Whether this is a training run.
    context : Context
        Where the node runs.
    wants : frozenset of str
        In a ``backward``: the inputs whose gradients are asked for.
    ins, outs : tuple of Type
        The types of inputs with auxiliary states, and of outputs; empty where they are not known.
    state : dict
        This node's own storage, kept between runs of one executor.
    name : str
        The node's name, for messages.
    replayed : bool
        Whether torch repeats an earlier run to differentiate it; states have then moved already.
    """

    __slots__ = ("context", "ins", "is_train", "name", "outs", "replayed", "state", "wants")

    def __init__(
        self,
        context: Context,
        *,
        is_train: bool = False,
        wants: frozenset[str] = frozenset(),
        ins: tuple[Type, ...] = (),
        outs: tuple[Type, ...] = (),
        state: dict[str, Any] | None = None,
        name: str = "",
        replayed: bool = False,
    ) -> None:
        self.context = context
        self.is_train = is_train
        self.wants = wants
        self.ins = ins
        self.outs = outs
        self.state = {} if state is None else state
        self.name = name
        self.replayed = replayed

    @property
    def in_shapes(self) -> tuple[tuple[int, ...], ...] | None:
        """The shapes of inputs and auxiliary states; None where they are not known."""
        return _shapes(self.ins)

    @property
    def out_shapes(self) -> tuple[tuple[int, ...], ...] | None:
        """The shapes of the outputs, for operators whose parameters leave extents open (``zeros``)."""
        return _shapes(self.outs)

    @property
    def out_dtypes(self) -> tuple[str, ...] | None:
        """The dtypes of the outputs; None where they are not known."""
        dtypes = [each.dtype for each in self.outs]
        return tuple(dtypes) if dtypes and None not in dtypes else None  # type: ignore[arg-type]


def _shapes(types: tuple[Type, ...]) -> tuple[tuple[int, ...], ...] | None:
    shapes = [each.shape for each in types]
    return tuple(shapes) if shapes and all(map(is_complete, shapes)) else None  # type: ignore[arg-type]


@dataclass_transform(field_specifiers=(param,), frozen_default=True, kw_only_default=True)
class Op:
    """Base of all operators. A subclass declares; ``Subclass.bind({...})`` makes the frozen, interned value.

    A declaration consists of

    ``inputs``, ``aux``, ``outputs``
        Names (with a sentence each, for inputs and aux). ``input_names``, ``aux_names`` and ``output_names``
        may be
        overridden where they depend on parameters.
    ``name: type = param(...)``
        A parameter, in MXNet's order.
    ``variadic``
        The parameter that counts a variable number of inputs, such as ``"num_args"``; the inputs are then
        ``arg0``, ``arg1`` …
    ``visible_outputs()``
        How many of the outputs a user sees; the rest are for the backward pass only.
    ``infer_shape(s)``, ``infer_dtype(t)``
        Return what can be said about any slot, from what is known (:class:`Slots`), as ``{slot name:
        value}``; the keys
        ``ins``, ``aux`` and ``outs`` take a tuple for all. Called until nothing changes. Without
        ``infer_shape`` the kernel
        is run on torch's meta device; without ``infer_dtype`` all slots share one dtype.
    ``guess_shape(s)``
        What is taken for granted about outputs that nothing determines, once nothing changes any more; the
        shapes of variables are those that were given. Only for what MXNet guesses, too.
    ``forward(run, *tensors)``
        The kernel; returns one tensor, or a tuple for several outputs. It never writes its arguments, except
        those named by ``mutates``.
    ``gradient(node, grads)`` or ``backward(run, …)``
        See :mod:`mxnet.analysis.gradient`. With neither, torch differentiates the kernel.
    ``add_gradient(array, gradient)``
        What ``grad_req="add"`` makes of an array, for operators that do not simply add (losses, in MXNet).
    ``mutates``
        Inputs or aux states that ``forward`` (or ``backward``) writes.
    ``result``, ``backward_result``
        Whether the kernel returns ``"new"`` memory, a ``"view"`` of its first input, this ``"repeated"``
        without a copy, or ``"either"``. Only what is certainly new may be overwritten by a later step.
    ``inplace`` and ``forward_into(run, out, *tensors)``
        Which inputs, of the output's shape and dtype, the first output may overwrite, ``{"output": "data"}``;
        the kernel then gets one of them as ``out``, too, fills it and returns it.
    ``backward_inplace``
        The same for the gradients that ``backward`` computes: ``{"data": "grad"}``, by input and read name.
    ``backward_into``
        The inputs whose gradients ``backward`` can write where it is told, and how: ``{"weight": "add"}``, or
        ``"write"`` if it cannot add. It takes them by the keyword ``into``, a dict of :class:`Into`.
    ``call_order``
        All inputs and aux states as calls and files have them, where the latter do not come last.
    ``initializers``
        The ``__init__`` notes, by slot, that variables get when this operator uses them and they have none.
    ``writes_in_backward_only``
        Whether ``forward`` leaves alone what ``mutates`` names, so that it may be run twice.
    ``pure``
        False if two equal calls may give different results.
    ``repeats_for_nothing``
        Whether to recompute what is made of a bound array, in training, rather than keep it.
    ``costly``
        Whether recomputing a result takes much longer than reading it: products of matrices and the like.
    ``interned``
        False if every node needs an instance of its own.
    ``late_shape``
        Whether the shape of an output depends on data, and is known only when it was computed.
    ``about_storage``
        Whether it has to do with how arrays are stored even where all of them are dense.
    """

    inputs: ClassVar[dict[str, str]] = {"data": "Input data."}
    aux: ClassVar[dict[str, str]] = {}
    outputs: ClassVar[tuple[str, ...]] = ("output",)
    variadic: ClassVar[str | None] = None
    call_order: ClassVar[tuple[str, ...]] = ()
    mutates: ClassVar[tuple[str, ...]] = ()
    initializers: ClassVar[dict[str, str]] = {}
    result: ClassVar[Literal["new", "view", "repeated", "either"]] = "either"
    backward_result: ClassVar[Literal["new", "view", "repeated", "either"]] = "either"
    repeats_for_nothing: ClassVar[bool] = False
    inplace: ClassVar[Mapping[str, str | tuple[str, ...]]] = {}
    backward_inplace: ClassVar[Mapping[str, str]] = {}
    backward_into: ClassVar[Mapping[str, Literal["write", "add"]]] = {}
    pure: ClassVar[bool] = True
    writes_in_backward_only: ClassVar[bool] = False
    costly: ClassVar[bool] = False
    accepts_any_parameter: ClassVar[bool] = False
    interned: ClassVar[bool] = True
    late_shape: ClassVar[bool] = False
    about_storage: ClassVar[bool] = False

    name: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    params: ClassVar[dict[str, Param]] = {}
    _interned: ClassVar[dict[tuple[tuple[str, str], ...], Op]]

    gradient: ClassVar[Callable[..., Any] | None] = None
    backward: ClassVar[Callable[..., Any] | None] = None
    add_gradient: ClassVar[Callable[..., Any] | None] = None
    forward: ClassVar[Callable[..., Any]]
    forward_into: ClassVar[Callable[..., Any] | None] = None

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
        op.__dict__.update(values)
        op.__dict__["given"] = dict(given)
        op.__dict__["_values"] = op._identity(given)
        op.__dict__["_hash"] = hash((cls, op._values))
        op.validate()
        return op

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

    def backward_reads(self) -> tuple[str, ...]:
        """Return what ``backward`` reads; a class overrides this where its parameters decide."""
        return reads_of(type(self))  # type: ignore[arg-type]

    def rows_only(self, stypes: Sequence[str]) -> bool:  # noqa: ARG002 - only updates look at them
        """Return whether arrays stored in these ways are updated only in the rows that the gradient has."""
        return False

    def backward_likes(self) -> frozenset[str]:
        """Return those of ``backward_reads`` of which only shape and dtype are read."""
        return frozenset() if type(self).backward is None else likes_of(type(self).backward)

    def image_inputs(self) -> tuple[int, ...]:
        """Return the positions of the inputs that are images of one layout, the first output's."""
        return ()

    def layouts(self, ins: Sequence[str]) -> tuple[str, ...]:
        """Return the layouts of the outputs, from those of inputs and aux states."""
        follows = CHANNELS_LAST in ins and any(ins[i] == CHANNELS_LAST for i in self.image_inputs())
        return ((CHANNELS_LAST if follows else ""), *("",) * (self.arity[2] - 1))[: self.arity[2]]

    # ------------------------------------------------------------------------------------------ what it means

    infer_shape: ClassVar[Callable[..., Mapping[str, Any]] | None] = None
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

        def by_name(*tensors: Any) -> Any:
            return forward(run, **dict(zip(names, tensors, strict=True)))

        return by_name

    @functools.cached_property
    def overwrites(self) -> tuple[int, ...]:
        """Positions of the inputs that the first output may overwrite, the best first."""
        names = self.input_names()
        named = self.inplace.get(self.output_names()[0], ()) if self.inplace and self.arity[2] else ()
        if self.variadic and named in self.inputs:
            return tuple(range(len(names)))
        return tuple(names.index(name) for name in ((named,) if isinstance(named, str) else named))

    @functools.cached_property
    def shape_only(self) -> frozenset[int]:
        """Positions of the inputs of which the kernel reads only shape and dtype."""
        likes = likes_of(type(self).forward)
        return frozenset(i for i, name in enumerate(self.input_names()) if name in likes)


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
    names = tuple(inspect.signature(cls.backward).parameters)[2:]  # type: ignore[arg-type]
    return tuple(name for name in names if name != "into")


def _check_declaration(cls: type[Op]) -> None:
    """Refuse a wrong declaration while the package is imported, not when a user meets it."""
    if bool(cls.inplace) != (cls.forward_into is not None):
        raise TypeError(f"{cls.name} needs both, inplace and forward_into, or neither")
    if cls.inplace and not issubclass(_definer(cls, "forward_into"), _definer(cls, "forward")):
        raise TypeError(f"{cls.name} has a forward of its own, but the forward_into of another class")
    if cls.backward is not None:
        allowed = {*cls.inputs, *cls.aux, *cls.outputs, *GROUPS}
        wrong = [name for name in reads_of(cls) if name not in allowed]  # type: ignore[arg-type]
        if wrong and not cls.variadic:
            raise TypeError(
                f"{cls.name}.backward reads {wrong}, which are not inputs, aux, outputs or one of {GROUPS}"
            )
    for key in cls.params.values():
        if key.base not in _known_kinds() and key.choices is None:
            raise TypeError(
                f"{cls.name}.{key.name} has the annotation {key.kind!r}, which is no parameter type"
            )


def _definer(cls: type, attribute: str) -> type:
    return next(each for each in cls.__mro__ if attribute in vars(each))


def _known_kinds() -> Mapping[str, object]:
    from mxnet.ir.param import _PARSERS

    return _PARSERS


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
