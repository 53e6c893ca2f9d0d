"""How an operator is called: its signature, its help text, and what each argument of a call is.

``mx.sym.X`` and ``mx.nd.X`` are closures over one operator class; what they share is here.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.base import _Null
from mxnet.errors import CompositionError, ParameterError, did_you_mean
from mxnet.ir.declared import HIDDEN
from mxnet.ir.op import Op, is_hidden
from mxnet.ir.param import Param, as_text
from mxnet.surface.examples import example_of
from mxnet.surface.namespaces import homes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["Arguments", "document", "parameters_of", "split_arguments"]


class _Required:
    """Stands in a signature for the default that a required parameter does not have."""

    def __repr__(self) -> str:
        return "<required>"


class Arguments(NamedTuple):
    """What the arguments of a call are.

    Attributes
    ----------
    positional : tuple
        Arrays (or symbols) that fill slots from the first on; only operators with a variable number of
        inputs have them.
    named : dict
        Arrays (or symbols) by the name of their slot.
    parameters : dict of str to str
        Parameters and notes as the graph keeps them.
    """

    positional: tuple[Any, ...]
    named: dict[str, Any]
    parameters: dict[str, str]


def _positions(cls: type[Op]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that positional arguments fill: of inputs and aux states, then of parameters too."""
    slots = () if cls.variadic else cls.call_order or (*cls.inputs, *cls.aux)
    return slots, (*slots, *cls.params)


def split_arguments(  # noqa: C901, PLR0912 - one rule per branch
    cls: type[Op], args: Sequence[Any], kwargs: Mapping[str, Any], is_array: Callable[[Any], bool]
) -> Arguments:
    """Tell the inputs of a call from its parameters.

    Positional arguments fill the inputs, then the auxiliary states, then the parameters as they are declared.
    For a variable number of inputs they are all inputs, and one list of arrays stands for its items. None
    and ``_Null`` stand for an argument that is not given, but None stays where a parameter may be None.

    Parameters
    ----------
    cls : type of Op
        The operator.
    args, kwargs
        What it is called with, without the keywords that the caller takes for itself (``name``, ``attr``).
    is_array : callable
        Tells whether something can be an input: whether it is an NDArray, or a Symbol.

    Raises
    ------
    CompositionError
        If an input is not an array, or is given twice, or there are too many arguments.
    ParameterError
        If a keyword is the name of nothing.
    """
    slots, _ = _positions(cls)
    named: dict[str, Any] = {}
    parameters: dict[str, str] = {}
    positional = _variadic_inputs(cls, args, is_array) if cls.variadic else ()
    by_position = () if cls.variadic else _name_positional(cls, args)
    for name, value in (*by_position, *kwargs.items()):
        if name in named or name in parameters:
            raise CompositionError(f"{cls.name} was given {name!r} twice, by position and by keyword.")
        if value is _Null:
            continue
        if name in cls.params and name not in slots:
            if is_array(value):
                raise CompositionError(_not_a_parameter(cls, name, value))
            if value is not None or _takes_none(cls.params[name]):
                parameters[name] = as_text(value)
        elif value is None:
            continue
        elif name in slots or is_array(value):
            if not is_array(value):
                raise CompositionError(_not_an_array(cls, name, value))
            if name not in slots and not cls.variadic:
                raise ParameterError(_unknown(cls, name))
            named[name] = value
        else:
            parameters[_note(cls, name)] = as_text(value)
    if positional and named:
        raise CompositionError(
            f"{cls.name} takes its inputs either by position or by keyword, not both: "
            f"{len(positional)} by position and {', '.join(named)} by keyword."
        )
    if cls.variadic in cls.params and (positional or named):
        parameters.setdefault(cls.variadic, str(len(positional) or len(named)))
    return Arguments(positional, named, parameters)


def _name_positional(cls: type[Op], args: Sequence[Any]) -> Iterable[tuple[str, Any]]:
    _, names = _positions(cls)
    if len(args) > len(names):
        known = ", ".join(names)
        raise CompositionError(
            f"{cls.name} takes at most {len(names)} positional arguments ({known}), not {len(args)}."
        )
    return zip(names, args, strict=False)


def _note(cls: type[Op], name: str) -> str:
    """Return the key of an argument that is no parameter: a note, or what the operator does not look at."""
    if name in HIDDEN:
        return f"__{name}__"
    if is_hidden(name) or not cls.params or cls.accepts_any_parameter:
        return name
    raise ParameterError(_unknown(cls, name))


def _variadic_inputs(cls: type[Op], args: Sequence[Any], is_array: Callable[[Any], bool]) -> tuple[Any, ...]:
    if len(args) == 1 and isinstance(args[0], list | tuple) and not is_array(args[0]):
        args = args[0]
    for i, value in enumerate(args):
        if not is_array(value):
            hint = f" Its parameters ({', '.join(cls.params)}) go by keyword." if cls.params else ""
            raise CompositionError(f"{_not_an_array(cls, str(i), value)}{hint}")
    return tuple(args)


def _takes_none(declared: Param) -> bool:
    return declared.kind.endswith("None") or "None" in (declared.choices or ())


def _not_a_parameter(cls: type[Op], name: str, value: object) -> str:
    kind = cls.params[name].describe()
    return (
        f"{cls.name} takes {name!r} as a parameter ({kind}), not as an input, and was given {_shown(value)}."
    )


def _not_an_array(cls: type[Op], name: str, value: object) -> str:
    return f"Input {name!r} of {cls.name} must be an array or a symbol like the others, not {_shown(value)}."


def _shown(value: object) -> str:
    text = " ".join(repr(value).split())
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


def _unknown(cls: type[Op], name: str) -> str:
    slots, names = _positions(cls)
    parameters = ", ".join(cls.params) or "none"
    inputs = f"a variable number ({cls.variadic})" if cls.variadic else ", ".join(slots) or "none"
    return (
        f"{cls.name} has no parameter or input {name!r}.{did_you_mean(name, names)} "
        f"Its inputs are: {inputs}; its parameters are: {parameters}."
    )


def parameters_of(cls: type[Op], extra: Iterable[str] = ()) -> inspect.Signature:
    """Return the signature of an operator's function.

    Parameters
    ----------
    cls : type of Op
        The operator.
    extra : iterable of str
        Keywords that the function takes besides, such as ``name``; their default is None.

    Examples
    --------
    >>> from mxnet.ir.op import find_operator
    >>> parameters_of(find_operator("Flatten"), ["name"])
    <Signature (data=None, name=None, **kwargs)>
    """
    kind = inspect.Parameter.KEYWORD_ONLY if cls.variadic else inspect.Parameter.POSITIONAL_OR_KEYWORD
    if cls.variadic:
        arguments = [inspect.Parameter(_variadic_name(cls), inspect.Parameter.VAR_POSITIONAL)]
    else:
        arguments = [inspect.Parameter(name, kind, default=None) for name in _positions(cls)[0]]
    arguments += [
        inspect.Parameter(name, kind, default=_Required() if declared.required else declared.default)
        for name, declared in cls.params.items()
        if name != cls.variadic
    ]
    arguments += [inspect.Parameter(name, kind, default=None) for name in extra]
    arguments.append(inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD))
    return inspect.Signature(arguments)


def _variadic_name(cls: type[Op]) -> str:
    return next(iter(cls.inputs), "data")


def document(cls: type[Op], array: str, extra: Mapping[str, tuple[str, str]] | None = None) -> str:
    """Return the help text of an operator's function, made from its declaration.

    Parameters
    ----------
    cls : type of Op
        The operator.
    array : str
        What its inputs and results are: ``"NDArray"`` or ``"Symbol"``.
    extra : mapping of str to (str, str), optional
        The type and meaning of keywords that the function takes besides.

    Examples
    --------
    >>> from mxnet.ir.op import find_operator
    >>> document(find_operator("abs"), "NDArray").splitlines()[0]
    'Computes :math:`|x|` of each element.'
    """
    if cls.variadic:
        entries = [(f"*{_variadic_name(cls)}", array, next(iter(cls.inputs.values()), "The inputs."))]
    else:
        entries = [(name, array, doc) for name, doc in (*cls.inputs.items(), *cls.aux.items())]
    entries += [
        (name, _describe(declared), declared.doc)
        for name, declared in cls.params.items()
        if name != cls.variadic
    ]
    entries += [(name, kind, doc) for name, (kind, doc) in (extra or {}).items()]
    package = "mx.nd" if array == "NDArray" else "mx.sym"
    lines = [inspect.cleandoc(cls.__doc__ or f"The operator {cls.name}.")]
    if len(names := homes_of(cls)) > 1:
        lines += ["", f"Names: {', '.join(f'``{package}.{name}``' for name in names)}."]
    if entries:
        lines += ["", "Parameters", "----------"]
    for name, kind, doc in entries:
        lines += [f"{name} : {kind}", f"    {doc}"]
    lines += ["", "Returns", "-------"]
    if len(cls.outputs) > 1:
        lines += [f"{', '.join(cls.outputs)} : {array}"]
    else:
        lines += [f"{next(iter(cls.outputs), 'output')} : {array}"]
    if example := example_of(cls, package):
        lines += ["", "Examples", "--------", example]
    return "\n".join(lines)


def _describe(declared: Param) -> str:
    if declared.required:
        return declared.describe()
    limits = [
        f"{sign} {limit:g}"
        for sign, limit in ((">=", declared.ge), (">", declared.gt), ("<=", declared.le))
        if limit is not None
    ]
    limited = f" ({', '.join(limits)})" if limits else ""
    return f"{declared.describe()}{limited}, default {declared.default!r}"
