"""Write the type stubs of what operators become: functions in ``mx.sym`` and ``mx.nd``, and methods.

python tools/make_stubs.py

The functions are made when the package is imported, so editors and type checkers cannot see them; these files
tell them. Git does not keep them: they are written when the package is built or installed, by ``make lint``
and ``make docs``. The stub of a module that has a file of its own is ``NAME_operators.pyi``, which that file
imports for type checkers.
"""

from __future__ import annotations

import importlib
import inspect
import math
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import mxnet as mx
from mxnet.dtype import NAMES
from mxnet.ir.op import Op
from mxnet.ir.param import Param
from mxnet.surface.functions import fluent_method
from mxnet.surface.namespaces import places

ROOT = Path(mx.__file__).parent
MODULES = ("", "contrib", "image", "linalg", "random", "sparse", "op", "_internal")
HEAD = '"""{what}; written by tools/make_stubs.py."""\n\n'
TYPES = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "dtype": "DTypeLike",
    "tuple[int, ...]": "int | Sequence[int]",
    "tuple[int | None, ...]": "int | Sequence[int | None]",
    "tuple[float, ...]": "float | Sequence[float]",
    "tuple[str, ...]": "Sequence[str]",
}
EXTRA = {
    "Symbol": ("name: str | None = None", "attr: Mapping[str, str] | None = None"),
    "NDArray": ("out: NDArray | Sequence[NDArray] | None = None", "name: str | None = None"),
}


def type_of(declared: Param) -> str:
    """Return the annotation of a parameter."""
    if declared.choices is None:
        return TYPES[declared.base] + (" | None" if declared.optional else "")
    choices = [choice for choice in declared.choices if choice != "None"]
    none = " | None" if declared.optional or len(choices) < len(declared.choices) else ""
    if set(choices) <= {*NAMES}:
        return "DTypeLike"
    return f"Literal[{', '.join(quoted(choice) for choice in choices)}]{none}"


def quoted(text: str) -> str:
    """Return a string as the formatter would write it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(value: object) -> str:
    """Return a default as it is written; an ellipsis where there is no plain way."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "..."
    return repr(value)


def arguments_of(cls: type[Op], array: str, *, method: bool) -> list[str]:
    """Return the arguments of an operator's function, or of its method, as they are written."""
    slots = () if cls.variadic else cls.call_order or (*cls.inputs, *cls.aux)
    arguments = [f"{slot}: {array} | None = None" for slot in slots]
    if cls.variadic:
        arguments = [f"*{next(iter(cls.inputs), 'data')}: {array} | Sequence[{array}]"]
        if cls.variadic in cls.params:
            arguments.append(f"{cls.variadic}: int = ...")
    if method:
        arguments[0] = "self"
    for name, declared in cls.params.items():
        if name != cls.variadic:
            default = "..." if declared.required else written(declared.default)
            arguments.append(f"{name}: {type_of(declared)} = {default}")
    given = {argument.partition(":")[0] for argument in arguments}
    arguments += [extra for extra in EXTRA[array] if extra.partition(":")[0] not in given]
    if cls.accepts_any_parameter:
        arguments.append("**kwargs: Any")
    return arguments


def result_of(cls: type[Op], array: str) -> str:
    """Return the annotation of the result; what depends on parameters may be one array or a list."""
    if array == "Symbol":
        return array
    if cls.visible_outputs is not Op.visible_outputs or cls.output_names is not Op.output_names:
        return "Any"
    return array if len(cls.outputs) == 1 else f"list[{array}]"


def stub_of(cls: type[Op], name: str, array: str, *, method: bool = False) -> str:
    """Return the stub of one function or method."""
    indent = "    " if method else ""
    arguments = "".join(f"{indent}    {each},\n" for each in arguments_of(cls, array, method=method))
    summary = inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].replace("\n", f"\n{indent}    ")
    prefix = "r" if "\\" in summary else ""
    ending = ' """' if summary.endswith('"') else '"""'
    return (
        f"{indent}def {name}(\n{arguments}{indent}) -> {result_of(cls, array)}:\n"
        f'{indent}    {prefix}"""{summary}{ending}\n'
    )


def is_made(function: object) -> bool:
    """Whether a function was made from a declaration, as all of these are by the same code."""
    return getattr(function, "__code__", None) in (mx.sym.Activation.__code__, mx.nd.Activation.__code__)


def operators_in(package: ModuleType, module: str) -> Iterator[tuple[str, type[Op]]]:
    """Yield the functions in a module that were made from declarations."""
    holder = getattr(package, module) if module else package
    seen = set()
    for place in places():
        if place.module == module and place.name not in seen and is_made(getattr(holder, place.name, None)):
            seen.add(place.name)
            yield place.name, place.op


def stub_name(package: ModuleType, module: str) -> str:
    """Return the stub's own name: the module's, if it has no file."""
    has_file = getattr(getattr(package, module), "__file__", None) if module else True
    return (f"{module}_operators" if module else "operators") if has_file else module


def stubs(package: ModuleType, array: str) -> Iterator[tuple[Path, str]]:
    """Yield the files of a package and what is in them."""
    short = package.__name__.rpartition(".")[2]
    home: dict[type[Op], tuple[str, str]] = {}  # the file where an operator is defined, and under which name
    for module in MODULES:
        file = stub_name(package, module)
        functions, aliases = [], []
        here = dict(sorted(operators_in(package, module)))
        taken = dict(here)  # what stands for which operator in this file
        for name, cls in here.items():
            source, known = home.setdefault(cls, (file, name))
            if (source, known) == (file, name):
                functions.append(stub_of(cls, name, array))
            elif source == file:
                aliases.append(f"{name} = {known}\n")
            elif known == name:  # what is imported under its own name is public
                aliases.append(f"from {package.__name__}.{source} import {known} as {name}\n")
            else:
                local = known if taken.setdefault(known, cls) is cls else f"{source}_{known}"
                aliases.append(
                    f"from {package.__name__}.{source} import {known} as {local}\n{name} = {local}\n"
                )
        if file == module:  # MXNet's own functions that are put there
            aliases += [
                f"from {function.__module__} import {name} as {name}\n"
                for name, function in vars(getattr(package, module)).items()
                if inspect.isfunction(function) and not is_made(function) and not name.startswith("__")
            ]
        shown = f"mx.{'sym' if array == 'Symbol' else 'nd'}{'.' * bool(module)}{module}"
        lines = sorted(
            "".join(aliases).splitlines(keepends=True), key=lambda line: not line.startswith("from")
        )
        body = "\n".join([*functions, "".join(lines)])
        yield ROOT / short / f"{file}.pyi", with_imports(f"The operators in {shown}", body, package, array)
    cls = getattr(package, array)
    made = fluent_method(cls, "", "", object).__code__
    found = dict(operators_in(package, ""))
    methods = [
        stub_of(found[name], name, array, method=True)
        for name, method in sorted(vars(cls).items())
        if getattr(method, "__code__", None) is made and name in found
    ]
    loose = [
        f"    def {name}(self, *args: Any, **kwargs: Any) -> Any: ...\n"  # of MXNet's Python functions
        for name, method in sorted(vars(cls).items())
        if getattr(method, "__code__", None) is made and name not in found
    ]
    body = "class FluentMethods:\n" + "\n".join([*methods, *loose])
    yield (
        ROOT / short / "fluent.pyi",
        with_imports(f"The operators that are methods of {array}", body, package, array),
    )


def with_imports(what: str, body: str, package: ModuleType, array: str) -> str:
    """Return a whole file, which imports what its body mentions."""
    lines = []
    for module, names in (("collections.abc", ("Mapping", "Sequence")), ("typing", ("Any", "Literal"))):
        if used := [name for name in names if re.search(rf"\b{name}\b", body)]:
            lines.append(f"from {module} import {', '.join(used)}\n")
    lines.append("\n" if lines else "")
    if "DTypeLike" in body:
        lines.append("from mxnet.dtype import DTypeLike\n")
    if re.search(rf"\b{array}\b", body):
        lines.append(f"from {package.__name__}.{array.lower()} import {array}\n")
    return HEAD.format(what=what) + "".join(lines).lstrip() + "\n" + body


def main() -> None:
    """Write the stubs, and remove those of modules that are no more."""
    files = dict(
        [
            *stubs(importlib.import_module("mxnet.symbol"), "Symbol"),
            *stubs(importlib.import_module("mxnet.ndarray"), "NDArray"),
        ]
    )
    for path, text in files.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in {*ROOT.glob("*/*.pyi")} - files.keys():
        path.unlink()


if __name__ == "__main__":
    main()
