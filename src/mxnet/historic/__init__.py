"""Names that MXNet's modules hold besides their own.

Most of MXNet's modules have no ``__all__``, so that ``from mxnet.test_utils import *`` brings ``np``, ``mx``
and ``os`` along; and its files are cut otherwise, so that programs ask for ``mxnet.ndarray.ndarray.ones``.
What a module lends from elsewhere stands in :data:`~mxnet.historic.tables.TABLES`, and is found when it is
asked for: nothing is imported or copied before.

Left out are those inner workings of MXNet's that mean nothing here: its C library (``_LIB``, handles,
``check_call``, what comes from ``ctypes``), what writes functions for it (``_init_op_module``, ``gen_op``),
``mx.np``, packages that MXNet does without (``h5py``, ``requests``), and the switches of Python 2
(``absolute_import``).
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import inspect
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

from mxnet.historic.tables import ABSENT, TABLES

__all__ = ["Lender", "Loan", "lend", "loans", "why_absent"]


class Loan(NamedTuple):
    """A name that a module lends, and where it comes from: a module, and what is asked of it (or nothing)."""

    name: str
    module: str
    attribute: str | None
    listed: bool

    def find(self) -> Any:
        """Import it."""
        module = importlib.import_module(self.module)
        return module if self.attribute is None else getattr(module, self.attribute)


def loans(module: str) -> Iterator[Loan]:
    """Yield what a module lends; `listed` is what MXNet defines in it, and ``dir`` shows."""
    table = TABLES.get(module)
    if table is None:
        return
    for text, listed in ((table.defined, True), (table.imported, False)):
        for statement in ast.parse(inspect.cleandoc(text)).body:
            match statement:
                case ast.Import(names):
                    for each in names:
                        yield Loan(each.asname or each.name, each.name, None, listed)
                case ast.ImportFrom(str(source), names):
                    for each in names:
                        yield Loan(each.asname or each.name, source, each.name, listed)


def why_absent(module: str, name: str) -> str:
    """Return the end of a message about a missing name: why it is missing, where that is on purpose."""
    why = ABSENT.get(f"{module}.{name}", ABSENT.get(name))
    return f": {why}" if why else ""


class Lender(ModuleType):
    """A module that lends what its table says: by attribute, by a star, and in its namespace."""

    def __getattr__(self, name: str) -> Any:
        lent = _loans_by_name(self.__name__)
        if name in lent:
            return lent[name].find()
        listed, otherwise = _namespace(self)[_OWN]
        if name == "__all__":
            by_star = (loan.name for loan in lent.values() if loan.listed or TABLES[self.__name__].star)
            return list(dict.fromkeys([*listed, *(each for each in by_star if not each.startswith("_"))]))
        if otherwise is not None:
            return otherwise(name)
        raise AttributeError(
            f"module {self.__name__!r} has no attribute {name!r}{why_absent(self.__name__, name)}"
        )

    def __dir__(self) -> list[str]:
        namespace, lent = _namespace(self), _loans_by_name(self.__name__)
        known = namespace["__dir__"]() if "__dir__" in namespace else namespace
        shown = {name for name in known if name not in lent and name != _OWN}
        return sorted(shown.union(namespace[_OWN][0], (name for name in lent if lent[name].listed)))

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """The namespace, with what the module lends."""
        namespace = _namespace(self)
        for loan in _loans_by_name(self.__name__).values():
            if loan.name not in namespace:
                with contextlib.suppress(ImportError):
                    namespace[loan.name] = loan.find()
        return namespace


def lend(module: str) -> None:
    """Let a module lend what its table says, and those below it that are loaded; its last statement."""
    for name in TABLES:
        lender = sys.modules.get(name)
        if (name == module or name.startswith(f"{module}.")) and lender is not None:
            namespace = _namespace(lender)
            if not isinstance(lender, Lender) or "__all__" in namespace:
                # A star import asks for a longer list, and a missing name is looked for in the table first.
                namespace[_OWN] = namespace.pop("__all__", ()), namespace.pop("__getattr__", None)
                lender.__class__ = Lender


_OWN = "__own__"


def _namespace(module: ModuleType) -> dict[str, Any]:
    namespace: dict[str, Any] = vars(ModuleType)["__dict__"].__get__(module)
    return namespace


@functools.cache
def _loans_by_name(module: str) -> dict[str, Loan]:
    return {loan.name: loan for loan in loans(module)}
