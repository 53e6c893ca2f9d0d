"""Statements that build a network, and the functions that repeated ones become."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

__all__ = ["Block", "Ref", "Statement", "fold", "is_name", "quoted"]

_LONGEST, _SHORTEST = 60, 2
_MOST_PARAMETERS = 8
_MOST_BLOCKS = 24
_MOST_STATEMENTS = 2000
"""In how many statements repetitions are looked for, which takes the longer the more there are."""


def is_name(text: str) -> bool:
    """Whether a text can be the name of a variable."""
    return text.isidentifier() and not keyword.iskeyword(text)


def quoted(text: str) -> str:
    """Return a text as it is written."""
    return f'"{text}"' if repr(text) == f"'{text}'" and '"' not in text else repr(text)


class Ref(NamedTuple):
    """A value that a statement reads: a variable, or one of its outputs; perhaps given by keyword."""

    base: str
    output: int | None = None
    keyword: str = ""

    def text(self, base: str = "") -> str:
        """Return it as an argument."""
        read = base or self.base
        read = read if self.output is None else f"{read}[{self.output}]"
        return f"{self.keyword}={read}" if self.keyword else read


@dataclass(frozen=True)
class Statement:
    """One assignment.

    Attributes
    ----------
    targets : tuple of str
    function : str
        What is called; for an ``operator``, how it is written, such as ``"{} + {}"``.
    refs : tuple of Ref
    settings : dict of str to str
        Other keywords, as they are written.
    name : str or None
        The name of the node.
    """

    targets: tuple[str, ...]
    function: str
    refs: tuple[Ref, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    name: str | None = None
    kind: str = "call"

    def expression(self, rename: dict[str, str] | None = None, name: str | None = None) -> str:
        """Return what is assigned, for other names of what it reads, and of its node."""
        names = rename or {}
        reads = [ref.text(names.get(ref.base, ref.base)) for ref in self.refs]
        if self.kind == "operator":
            return self.function.format(*reads)
        named = name or (None if self.name is None else quoted(self.name))
        settings = [f"{key}={value}" for key, value in self.settings.items()]
        if self.kind == "variable":
            return f"{self.function}({', '.join([str(named), *settings])})"
        if self.kind == "block":
            first = [*reads, *([named] if named else [])]
            return f"{self.function}({', '.join([*first, *settings])})"
        last = [f"name={named}"] if named else []
        return f"{self.function}({', '.join([*reads, *settings, *last])})"

    def text(self, rename: dict[str, str] | None = None, name: str | None = None) -> str:
        """Return the assignment."""
        names = rename or {}
        targets = ", ".join(names.get(each, each) for each in self.targets)
        return f"{targets} = {self.expression(rename, name)}"


class Block(NamedTuple):
    """A function that was made of repeated statements."""

    name: str
    lines: list[str]


def fold(statements: list[Statement], outputs: Sequence[Ref]) -> tuple[list[Statement], list[Block]]:
    """Return the statements with repeated ones as calls of functions, and these functions.

    Parameters
    ----------
    statements : list of Statement
        All of them, in order.
    outputs : sequence of Ref
        What is returned in the end.
    """
    blocks: list[Block] = []
    taken: set[str] = {each for statement in statements for each in statement.targets}
    while len(blocks) < _MOST_BLOCKS and len(statements) <= _MOST_STATEMENTS:
        found = _best(statements, outputs)
        if found is None:
            break
        name = _function_name(statements[found.starts[0] : found.starts[0] + found.length], taken)
        taken.add(name)
        block, statements = _replace(statements, found, name)
        blocks.append(block)
    return statements, blocks


# ------------------------------------------------------------------------------------------ what is repeated


class _Found(NamedTuple):
    starts: list[int]
    length: int
    windows: list[_Window]


class _Window(NamedTuple):
    """A run of statements, seen without what may differ from one to another."""

    signature: tuple[Any, ...]
    outside: tuple[str, ...]
    leaving: tuple[str, ...]
    name: str | None
    ends: tuple[str | None, ...]
    is_prefix: bool


def _best(statements: list[Statement], outputs: Sequence[Ref]) -> _Found | None:
    """Return the repetition that saves most lines."""
    last_use = _last_uses(statements, outputs)
    numbers: dict[Any, int] = {}
    kinds = [numbers.setdefault(_kind(statement), len(numbers)) for statement in statements]
    best: _Found | None = None
    most = max(3, len(statements) // 200)
    for length in range(min(_LONGEST, len(statements) // 2), _SHORTEST - 1, -1):
        if most > len(statements) // 2:  # no shorter one saves much more
            break
        alike: dict[Any, list[int]] = {}
        for start in range(len(statements) - length + 1):
            alike.setdefault(tuple(kinds[start : start + length]), []).append(start)
        for candidates in alike.values():
            if _saved(candidates, length) <= most:
                continue
            for starts, windows in _groups(statements, candidates, length, last_use):
                saved = _saved(starts, length)
                if saved > most and len(_parameters(statements, starts, length)) <= _MOST_PARAMETERS:
                    most = saved
                    best = _Found(starts, length, windows)
    return best


def _kind(statement: Statement) -> tuple[Any, ...]:
    """Return what equal statements share at least."""
    how = (statement.kind, statement.function, tuple(statement.settings), len(statement.targets))
    return (*how, tuple(ref[1:] for ref in statement.refs), statement.name is None)


def _saved(starts: Sequence[int], length: int) -> int:
    """Return how many lines fewer there are, at most, with a function for these runs."""
    count, end = 0, 0
    for start in starts:
        if start >= end:
            count, end = count + 1, start + length
    return (count - 1) * (length - 1) - 2


def _groups(
    statements: list[Statement], candidates: Sequence[int], length: int, last_use: dict[str, int]
) -> Iterator[tuple[list[int], list[_Window]]]:
    """Yield the runs, apart from each other, that differ in settings and in a part of names only."""
    groups: dict[Any, tuple[list[int], list[_Window]]] = {}
    for start in candidates:
        window = _window(statements[start : start + length], start, last_use)
        if window is not None:
            starts, windows = groups.setdefault(window.signature, ([], []))
            if not starts or starts[-1] + length <= start:
                starts.append(start)
                windows.append(window)
    yield from groups.values()


def _last_uses(statements: list[Statement], outputs: Sequence[Ref]) -> dict[str, int]:
    uses: dict[str, int] = {}
    for i, statement in enumerate(statements):
        for ref in statement.refs:
            uses[ref.base] = i
    return uses | {ref.base: len(statements) for ref in outputs}


def _window(window: list[Statement], start: int, last_use: dict[str, int]) -> _Window | None:
    """Return how a run of statements looks, if it can be a function."""
    names = [statement.name for statement in window]
    name, ends, is_prefix = _common(names)
    if not name and any(names):
        return None
    inside: dict[str, tuple[int, int]] = {}
    outside: dict[str, int] = {}
    wiring: list[Any] = []
    for i, statement in enumerate(window):
        for base, _, _ in statement.refs:
            place = inside.get(base)
            wiring.append(outside.setdefault(base, len(outside)) if place is None else place)
        for j, target in enumerate(statement.targets):
            inside[target] = (i, j)
    end = start + len(window)
    leaving = tuple([each for each in inside if last_use.get(each, -1) >= end])
    if not leaving:
        return None
    signature = (tuple(wiring), tuple([inside[each] for each in leaving]), ends, is_prefix)
    return _Window(signature, tuple(outside), leaving, name, ends, is_prefix)


def _common(names: Sequence[str | None]) -> tuple[str | None, tuple[str | None, ...], bool]:
    """Return what all names begin or end with, and what is left of each."""
    given = [name for name in names if name is not None]
    if not given:
        return None, tuple(names), True
    prefix = _begin(given)
    suffix = _begin([name[::-1] for name in given])[::-1]
    if len(given) > 1 and len(suffix.strip("_")) > len(prefix.strip("_")):
        suffix = suffix.removeprefix("_")
        return suffix, tuple(None if n is None else n.removesuffix(suffix) for n in names), False
    if given != [prefix] * len(given):
        prefix = prefix.removesuffix("_")
    return prefix, tuple(None if n is None else n.removeprefix(prefix) for n in names), True


def _begin(names: Sequence[str]) -> str:
    """Return what all names begin with, up to a boundary between words."""
    first, last = min(names), max(names)
    n = next((i for i, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    while n and n < len(last) and last[n - 1].isalnum() and last[n].isalnum():
        n -= 1
    return first[:n]


# --------------------------------------------------------------------------------------- what becomes of it


def _parameters(
    statements: list[Statement], starts: Sequence[int], length: int
) -> dict[tuple[str, ...], list[tuple[int, str]]]:
    """Return the settings that differ from run to run: their values, and where they are."""
    found: dict[tuple[str, ...], list[tuple[int, str]]] = {}
    for i in range(length):
        for key in statements[starts[0] + i].settings:
            values = tuple(statements[start + i].settings[key] for start in starts)
            if len(set(values)) > 1:
                found.setdefault(values, []).append((i, key))
    return found


def _replace(statements: list[Statement], found: _Found, name: str) -> tuple[Block, list[Statement]]:
    first = found.windows[0]
    body = statements[found.starts[0] : found.starts[0] + found.length]
    parameters = _parameters(statements, found.starts, found.length)
    settings: dict[tuple[int, str], str] = {}
    taken = set(first.outside) | {t for s in body for t in s.targets} | {"name"}
    names: list[str] = []
    for places in parameters.values():
        parameter = _free(places[0][1], taken)
        names.append(parameter)
        settings.update(dict.fromkeys(places, parameter))
    block = Block(name, _definition(name, first, body, names, settings))
    calls = {}
    for number, (start, window) in enumerate(zip(found.starts, found.windows, strict=True)):
        given = {each: values[number] for each, values in zip(names, parameters, strict=True)}
        calls[start] = Statement(
            window.leaving, name, tuple(map(Ref, window.outside)), given, window.name, kind="block"
        )
    made: list[Statement] = []
    i = 0
    while i < len(statements):
        made.append(calls.get(i, statements[i]))
        i += found.length if i in calls else 1
    return block, made


def _definition(
    name: str,
    window: _Window,
    body: list[Statement],
    parameters: list[str],
    settings: dict[tuple[int, str], str],
) -> list[str]:
    locals_ = {target: _local(target, window, i) for i, target in enumerate(_targets(body))}
    taken = {*parameters, "name", "mx"}
    rename: dict[str, str] = {}
    for old, wanted in [*((each, _argument(i)) for i, each in enumerate(window.outside)), *locals_.items()]:
        rename[old] = _free(wanted, taken)
    arguments = [rename[each] for each in window.outside]
    named = ["name"] if window.name is not None else []
    lines = [f"def {name}({', '.join([*arguments, *named, *parameters])}):"]
    for i, statement in enumerate(body):
        own = {key: settings.get((i, key), value) for key, value in statement.settings.items()}
        end = window.ends[i]
        node = None
        if end is not None and statement.name is not None:
            node = "name" if not end else f'f"{{name}}{end}"' if window.is_prefix else f'f"{end}{{name}}"'
        lines.append(f"    {replace(statement, settings=own).text(rename, node)}")
    returned = ", ".join(rename[each] for each in window.leaving)
    last, value = lines[-1].strip().split(" = ", 1) if " = " in lines[-1] else ("", "")
    if last == returned:
        lines[-1] = f"    return {value}"
    else:
        lines.append(f"    return {returned}")
    return lines


def _targets(body: list[Statement]) -> Iterator[str]:
    for statement in body:
        yield from statement.targets


def _argument(i: int) -> str:
    return "data" if i == 0 else f"other{i if i > 1 else ''}"


def _local(target: str, window: _Window, i: int) -> str:
    """Return what a value is called within a function: without what tells one call from another."""
    common = re.sub(r"\W", "_", window.name or "")
    short = target.removeprefix(common) if window.is_prefix else target.removesuffix(common)
    short = short.strip("_")
    return short if is_name(short) else f"value{i}"


def _free(wanted: str, taken: set[str]) -> str:
    name, count = wanted, 1
    while name in taken or not is_name(name):
        count += 1
        name = f"{wanted}{count}" if is_name(f"{wanted}{count}") else f"value{count}"
    taken.add(name)
    return name


def _function_name(body: list[Statement], taken: set[str]) -> str:
    """Return a name made of the words that the names of the nodes have in common, or of what is called."""
    prefix, _, is_prefix = _common([statement.name for statement in body])
    words = re.findall(r"[a-z]+", (prefix or "").lower()) if is_prefix else []
    if words:
        wanted = words[-1] if len(words[-1]) > 2 else "_".join(words)
    else:
        called = [
            re.sub(r"\W", "", each.function.rpartition(".")[2]).lower()
            for each in body
            if each.kind == "call"
        ]
        wanted = "_".join(word for word, _ in Counter(called).most_common(3)) or "block"
    return _free(wanted if is_name(wanted) else "block", set(taken))
