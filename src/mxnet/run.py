"""``python -m mxnet.run script.py [arguments]``: runs an old script with the names it was written with.

numpy and Python have dropped names that MXNet's programs use (``np.int``, ``collections.Mapping``,
``inspect.getargspec``, binary ``np.fromstring`` ...). They are put back in this process, which says so in one
line on stderr, and the script runs as ``python script.py`` would run it; so do ``-m module`` and ``-c code``.
"""

from __future__ import annotations

import io
import os
import pkgutil
import runpy
import sys
import zipfile
from importlib.machinery import SourceFileLoader
from types import CodeType, ModuleType, TracebackType
from typing import NoReturn

from mxnet.historic.dropped import restore

__all__ = ["main"]

_USAGE = """\
usage: python -m mxnet.run script.py [arguments]
       python -m mxnet.run -m module [arguments]
       python -m mxnet.run -c code [arguments]

Runs an old program as python would, but with the names back that numpy and Python have dropped since.
"""


def main(arguments: list[str]) -> None:
    """Run a program as ``__main__``.

    Parameters
    ----------
    arguments : list of str
        What stands behind ``python -m mxnet.run``.
    """
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(_USAGE)
        return
    if arguments[:1] in ([], ["-m"], ["-c"]) and len(arguments) < 2:
        sys.stderr.write(_USAGE)
        sys.exit(2)
    sys.stderr.write(_announcement(restore()))
    try:
        _run(*arguments)
    except SystemExit:
        raise
    except BaseException as error:
        _show(error)
        raise


def _announcement(restored: list[str]) -> str:
    python, numpy = ".".join(map(str, sys.version_info[:2])), sys.modules["numpy"].__version__
    return (
        f"mxnet.run: {len(restored)} names that numpy {numpy} and Python {python} have dropped are back in "
        f"this process, such as {restored[0]} and {restored[-1]}.\n"
    )


def _run(what: str, *arguments: str) -> None:
    if what == "-m":
        name, *rest = arguments
        _start_with([name, *rest], os.getcwd())
        try:
            runpy.run_module(name, run_name="__main__", alter_sys=True)
        except ImportError as error:
            if _trimmed(error) is not None:
                raise  # the module's own
            _give_up(str(error), 1)
    elif what == "-c":
        code, *rest = arguments
        _start_with(["-c", *rest], "")
        _run_code(_compiled(code, "<string>"))
    elif what == "-":
        _start_with(["-", *arguments], "")
        _run_code(_compiled(sys.stdin.read(), "<stdin>"), __file__="<stdin>")
    elif os.path.isdir(what) or zipfile.is_zipfile(what):
        _start_with([what, *arguments], what)
        runpy.run_path(what, run_name="__main__")
    else:
        _start_with([what, *arguments], os.path.dirname(os.path.realpath(what)))
        path = os.path.abspath(what)
        loader = SourceFileLoader("__main__", path)
        _run_code(_read(path), __file__=path, __cached__=None, __loader__=loader)


def _start_with(argv: list[str], first_on_path: str) -> None:
    """Set what the program sees of its arguments, and where its imports look first."""
    sys.argv = argv
    if not getattr(sys.flags, "safe_path", False):  # which Python 3.10 lacks
        sys.path[0] = first_on_path


def _read(path: str) -> CodeType:
    try:
        with io.open_code(path) as file:
            compiled: CodeType | None = pkgutil.read_code(file)  # None unless it is a .pyc
        with io.open_code(path) as file:
            return compiled or _compiled(file.read(), path)
    except OSError as error:
        _give_up(f"can't open file {path!r}: [Errno {error.errno}] {error.strerror}", 2)


def _compiled(source: str | bytes, name: str) -> CodeType:
    return compile(source, name, "exec", dont_inherit=True)


def _run_code(code: CodeType, **about: object) -> None:
    module = ModuleType("__main__")
    vars(module).update(about)
    sys.modules["__main__"] = module
    exec(code, vars(module))  # noqa: S102 - as python does with a script


def _give_up(problem: str, status: int) -> NoReturn:
    sys.stderr.write(f"{sys.executable}: {problem}\n")
    sys.exit(status)


def _show(error: BaseException) -> None:
    """Print the traceback from the program's first line on; the interpreter prints no other."""
    error.__traceback__ = _trimmed(error)
    sys.excepthook(type(error), error, error.__traceback__)
    sys.excepthook = lambda *_: None


def _trimmed(error: BaseException) -> TracebackType | None:
    """Return an error's traceback without what ran the program."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code.co_filename in _RUNNERS:
        traceback = traceback.tb_next
    return traceback


_RUNNERS = (
    __file__,
    runpy.run_module.__code__.co_filename,
    "<frozen importlib._bootstrap>",
    "<frozen importlib._bootstrap_external>",
)


if __name__ == "__main__":
    main(sys.argv[1:])
