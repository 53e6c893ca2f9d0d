"""Write the operator reference, ``docs/operators``, from the declarations.

python tools/make_reference.py [--check]

There is one page for each module of ``mxnet.ops``, and an index of all names that MXNet 1.2.1 and 1.9.1 have.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from mxnet.ir.op import REGISTRY, Op, reads_of
from mxnet.surface.examples import example_of
from mxnet.surface.namespaces import homes_of
from mxnet.surface.signature import parameters_of

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "operators"
SPEC = ROOT / "tests" / "data" / "operators.json"
NOTE = "<!-- Written by tools/make_reference.py from the declarations in src/mxnet/{source}. -->\n\n"


def family_of(cls: type[Op]) -> str:
    """Return the name of an operator's page."""
    package, _, module = cls.__module__.rpartition(".")
    return module if package.startswith("mxnet.ops") else package.rpartition(".")[2]


def anchor_of(cls: type[Op]) -> str:
    """Return the name of an operator's place on its page."""
    return cls.name.strip("_").lower()


def as_markdown(text: str) -> str:
    """Return a docstring's mark-up in Markdown, its paragraphs on one line each."""
    paragraphs = [
        part if re.search(r"^( |[-*] )", part, re.MULTILINE) else part.replace("\n", " ")
        for part in text.split("\n\n")
    ]
    text = "\n\n".join(paragraphs)
    text = re.sub(r":math:`([^`]+)`", r"$`\1`$", text)
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text)
    return re.sub(r"``(.+?)``", r"`\1`", text, flags=re.DOTALL)


def gradient_of(cls: type[Op]) -> str:
    """Return where the gradient of an operator comes from."""
    if cls.gradient is not None:
        return "a graph of operators, so it can be differentiated again"
    if cls.backward is not None and not {"grad", "grads"} & {*reads_of(cls)}:
        return "it is a loss, whose gradient does not depend on what comes after it"
    if cls.backward is not None:
        return "a kernel of its own; torch differentiates that once more for higher orders"
    return "torch differentiates the kernel"


def cell(text: str) -> str:
    """Return a text as it stands in a cell of a table."""
    return as_markdown(" ".join(text.split())).replace("|", r"\|")


def limits_of(cls: type[Op], name: str) -> str:
    """Return the type of a parameter with what is allowed."""
    declared = cls.params[name]
    if declared.choices is not None:
        return " ".join(f"`{choice}`" for choice in declared.choices)
    limits = ((">=", declared.ge), (">", declared.gt), ("<=", declared.le))
    within = ", ".join(f"{sign} {limit:g}" for sign, limit in limits if limit is not None)
    return declared.describe() + (f", {within}" if within else "")


def entry_of(cls: type[Op]) -> str:
    """Return the section about one operator."""
    home, *others = homes_of(cls)
    parts = [f'<a id="{anchor_of(cls)}"></a>\n\n## {home}', f"```python\n{signature_of(cls, home)}\n```"]
    parts.append(as_markdown(inspect.cleandoc(cls.__doc__ or "")))
    stars = "*" * bool(cls.variadic)
    rows = [f"| `{stars}{name}` | {cell(doc)} |" for name, doc in cls.inputs.items()]
    rows += [f"| `{name}` (state) | {cell(doc)} |" for name, doc in cls.aux.items()]
    parts += table(("input", ""), rows)
    rows = []
    for name, declared in cls.params.items():
        default = "required" if declared.required else f"`{declared.default!r}`"
        rows.append(f"| `{name}` | {limits_of(cls, name)} | {default} | {cell(declared.doc)} |")
    parts += table(("parameter", "type", "default", ""), rows)
    facts = [f"Outputs: {', '.join(f'`{name}`' for name in cls.outputs)}."] if cls.outputs else []
    if others:
        facts.append(f"Also called {', '.join(f'`{name}`' for name in others)}.")
    facts.append(f"In symbol files: {', '.join(f'`{name}`' for name in (cls.name, *cls.aliases))}.")
    facts.append(f"Gradient: {gradient_of(cls)}.")
    parts.append("  \n".join(facts))
    if example := example_of(cls, "mx.nd"):
        parts.append(f"```python\n{example}\n```")
    return "\n\n".join(parts) + "\n"


def table(heads: tuple[str, ...], rows: list[str]) -> list[str]:
    """Return a table, or nothing if it has no rows."""
    head = f"| {' | '.join(heads)} |"
    return ["\n".join([head, "|" + " --- |" * len(heads), *rows])] if rows else []


def signature_of(cls: type[Op], home: str) -> str:
    """Return how an operator is called, folded where that is long."""
    given = [each for each in parameters_of(cls).parameters.values() if each.name != "kwargs"]
    arguments = [str(each).replace("=<required>", "=...") for each in given]
    line = f"{home}({', '.join(arguments)})"
    return line if len(line) <= 100 else f"{home}(\n    " + ",\n    ".join(arguments) + ",\n)"


def pages() -> Iterator[tuple[str, str]]:
    """Yield the names of the pages and what is on them."""
    families: dict[str, list[type[Op]]] = defaultdict(list)
    for cls in {cls for cls in REGISTRY.values() if cls.__module__.startswith("mxnet.")}:
        if not cls.name.startswith(("_backward", "_fused")):
            families[family_of(cls)].append(cls)
    summaries = {}
    for family, classes in sorted(families.items()):
        classes.sort(key=lambda cls: (homes_of(cls)[0].startswith("_internal"), homes_of(cls)[0].lower()))
        module = sys.modules[classes[0].__module__]
        summary, *more = inspect.cleandoc(module.__doc__ or "").split("\n\n")
        summaries[family] = as_markdown(summary)
        source = module.__name__.removeprefix("mxnet.").replace(".", "/") + ".py"
        links = " · ".join(f"[{homes_of(cls)[0]}](#{anchor_of(cls)})" for cls in classes)
        title = family.replace("_", " ").capitalize()
        text = "\n\n".join([f"# {title}", *(as_markdown(each) for each in (summary, *more)), links])
        yield f"{family}.md", NOTE.format(source=source) + text + "\n\n" + "\n".join(map(entry_of, classes))
    yield "index.md", index(summaries, {cls: family for family, each in families.items() for cls in each})


def index(summaries: dict[str, str], family: dict[type[Op], str]) -> str:
    """Return the page that lists all families and all names."""
    names = {*json.loads(SPEC.read_text()), *(name for name, cls in REGISTRY.items() if cls in family)}
    text = (
        "# Operators\n\nEvery operator is a function in `mx.sym`, which composes it, and in `mx.nd`, which"
        " runs it on arrays at once. Names that begin with an underscore are those in symbol files; their"
        " functions are in `mx.sym._internal` or, by the part between the underscores, in `contrib`, `image`,"
        " `linalg`, `random` and `sparse`.\n\n## Families\n\n"
    )
    rows = [f"| [{name}]({name}.md) | {cell(summary)} |" for name, summary in summaries.items()]
    text += "\n".join(["| family | |", "| --- | --- |", *rows]) + "\n\n## All names\n\n"
    lines = []
    for name in sorted(names):
        cls = REGISTRY[name]
        place = f"{family[cls]}.md#{anchor_of(cls)}"
        lines.append(f"- [`{name}`]({place})" + (f", which is `{cls.name}`" if cls.name != name else ""))
    return NOTE.format(source="ops") + text + "\n".join(lines) + "\n"


def main() -> int:
    """Write the pages, or tell which are not those of now."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    check = parser.parse_args().check
    texts = {PAGES / name: text for name, text in pages()}
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text() != text]
    stale += [path for path in PAGES.glob("*.md") if path not in texts]
    PAGES.mkdir(exist_ok=True)
    for path in stale:
        if check:
            print(f"{path.relative_to(ROOT)} is not up to date: run python tools/make_reference.py")
        elif path in texts:
            path.write_text(texts[path])
        else:
            path.unlink()
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
