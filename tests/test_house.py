"""The house keeps its order, file by file: what imports what, and how long a file may get."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import mxnet

ROOT = Path(mxnet.__file__).parent
FILES = {
    ".".join(("mxnet", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}

LAZY = {
    "mxnet.autograd.tape": {"mxnet.symbol.symbol"},  # get_symbol: who records arrays needs no symbols
    "mxnet.cli.summary": {"mxnet.cli.tools.layers"},  # it begins to print before what that needs is loaded
    "mxnet.control_flow.body": {"mxnet.plan.program_cache"},  # who only composes loops does not wait for it
    "mxnet.native.loading": {"mxnet.native.compiling"},  # only who compiles kernels waits for LLVM
    "mxnet.operator": {"mxnet.symbol"},  # the operators of before 0.8 are symbols, CustomOp is not
    "mxnet.symbol.departures": {"mxnet.leaving.torch_module"},  # who stays needs no torch
    "mxnet.symbol.symbol": {"mxnet.binding", "mxnet.compiled", "mxnet.plan.options"},  # who only composes
    "mxnet.visualization.plot": {"mxnet.visualization.digraph"},  # it needs graphviz
}
"""Imports of the package's own files inside of functions, each with its reason; they count as any other."""

LONGEST = 600
GENERATED = {"mxnet.surface.examples"}


class Imports(ast.NodeVisitor):
    """What a file imports of the package, when it is imported itself and inside of functions."""

    def __init__(self, path: Path) -> None:
        self.at_once: set[str] = set()
        self.later: set[str] = set()
        self._found = self.at_once
        self.visit(ast.parse(path.read_text(encoding="utf-8")))

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" not in ast.unparse(node.test):
            self.generic_visit(node)
        elif ast.unparse(node.test).startswith("not "):
            self._visit_all(node.body)
        else:  # what only annotations name is no dependency when the program runs
            self._visit_all(node.orelse)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outer, self._found = self._found, self.later
        self.generic_visit(node)
        self._found = outer

    def visit_Import(self, node: ast.Import) -> None:
        self._found.update(alias.name for alias in node.names if alias.name in FILES)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.level == 0, "imports are absolute"
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            self._found.update({whole, str(node.module)} & FILES.keys() if whole not in FILES else {whole})

    def _visit_all(self, nodes: list[ast.stmt]) -> None:
        for node in nodes:
            self.visit(node)


IMPORTS = {name: Imports(path) for name, path in FILES.items()}


def circles() -> Iterator[set[str]]:
    """Yield the sets of files each of which imports all others of its set, by whatever way."""
    edges = {name: (found.at_once | found.later) - {name} for name, found in IMPORTS.items()}
    reached = {name: _reached(name, edges) for name in edges}
    left = set(edges)
    while left:
        name = left.pop()
        circle = {other for other in reached[name] if name in reached[other]}
        left -= circle
        if circle:
            yield circle | {name}


def _reached(start: str, edges: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    stack = [start]
    while stack:
        new = edges[stack.pop()] - seen
        seen |= new
        stack += new
    return seen


def test_no_file_imports_itself_by_way_of_others():
    assert not list(circles())


def test_imports_inside_of_functions_have_a_reason():
    assert {name: found.later for name, found in IMPORTS.items() if found.later} == LAZY


def test_imports_stand_at_the_top():
    late = []
    for name, path in FILES.items():
        if path.name == "__init__.py":  # a package fills itself
            continue
        body = ast.parse(path.read_text(encoding="utf-8")).body
        defined = [i for i, each in enumerate(body) if isinstance(each, ast.FunctionDef | ast.ClassDef)]
        imported = [i for i, each in enumerate(body) if isinstance(each, ast.Import | ast.ImportFrom)]
        if defined and imported and imported[-1] > defined[0]:
            late.append(name)
    assert not late


def test_no_file_is_longer_than_a_reader_s_patience():
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in FILES.items()}
    assert {name for name, count in lines.items() if count > LONGEST} <= GENERATED


def test_a_circle_is_found():
    edges = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}
    assert _reached("a", edges) == {"a", "b", "c"}
    assert "d" not in _reached("a", edges)
