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
import importlib
import sys
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

from mxnet.historic.tables import ABSENT, TABLES

__all__ = ["Loan", "lend", "loans", "why_absent"]


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
        for statement in ast.parse(textwrap.dedent(text)).body:
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


def lend(module: str) -> None:
    """Let a module lend what its table says: by attribute, and what is public by a star, too."""
    namespace = vars(sys.modules[module])
    own = namespace.pop("__all__", ())  # so that a star import asks for the longer list below
    otherwise = namespace.get("__getattr__")
    known: dict[str, Loan] = {}

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes the module's
        if not known:
            known.update({loan.name: loan for loan in loans(module)})
        if name in known:
            return known[name].find()
        if name == "__all__":
            by_star = (loan.name for loan in known.values() if loan.listed or TABLES[module].star)
            return [*own, *(each for each in by_star if not each.startswith("_"))]
        if otherwise is not None:
            return otherwise(name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}{why_absent(module, name)}")

    def __dir__() -> list[str]:  # noqa: N807
        return sorted({*namespace, *own, *(loan.name for loan in loans(module) if loan.listed)})

    namespace["__getattr__"] = __getattr__
    namespace["__dir__"] = __dir__
