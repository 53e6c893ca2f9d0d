"""What is around a test: environment variables, expected exceptions, retries, devices and standard error."""

from __future__ import annotations

import contextlib
import functools
import os
import platform
from typing import TYPE_CHECKING, Any

from mxnet.context import num_gpus
from mxnet.test_utils.comparing import default_context
from mxnet.test_utils.given import MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "assert_exception",
    "discard_stderr",
    "environment",
    "has_tvm_ops",
    "is_aarch64_run",
    "is_cd_run",
    "is_op_runnable",
    "list_gpus",
    "retry",
    "set_env_var",
]


def assert_exception(
    f: Callable[..., Any], exception_type: type[BaseException], *args: Any, **kwargs: Any
) -> None:
    """Raise `AssertionError` unless a call raises an exception of the given kind; others pass through."""
    try:
        f(*args, **kwargs)
    except exception_type:
        return
    raise AssertionError(f"{getattr(f, '__name__', f)} did not raise {exception_type.__name__}.")


@contextlib.contextmanager
def environment(*args: Any) -> Iterator[None]:
    """Set environment variables for the time of a ``with`` block.

    Parameters
    ----------
    *args
        A name and a value, or a dictionary of them. The value None removes the variable.

    Examples
    --------
    >>> import os
    >>> with environment("SOME_VARIABLE", "1"):
    ...     os.environ["SOME_VARIABLE"]
    '1'
    """
    wanted = dict(args[0]) if len(args) == 1 else dict([args])
    before = {name: os.environ.get(name) for name in wanted}
    try:
        _set_variables(wanted)
        yield
    finally:
        _set_variables(before)


def set_env_var(key: str, val: str, default_val: str = "") -> str:
    """Set an environment variable and return its value before, or `default_val` if it had none."""
    before = os.environ.get(key, default_val)
    os.environ[key] = str(val)
    return before


def retry(n: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that runs a test up to `n` times until it raises no `AssertionError`."""
    if n <= 0:
        raise MisuseError(f"A test runs at least once, got n={n}.")

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> None:
            for _ in range(n - 1):
                with contextlib.suppress(AssertionError):
                    function(*args, **kwargs)
                    return
            function(*args, **kwargs)

        return wrapper

    return decorate


@contextlib.contextmanager
def discard_stderr() -> Iterator[None]:
    """Throw away what is written to standard error, also by libraries, for the time of a ``with`` block."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def list_gpus() -> range:
    """Return the numbers of the GPUs that can be used."""
    return range(num_gpus())


def has_tvm_ops() -> bool:
    """Whether there are operators compiled by TVM: never here."""
    return False


def is_op_runnable() -> bool:
    """Whether the operators that MXNet compiled with TVM run on the default context."""
    return default_context().device_type == "cpu"


def is_cd_run() -> bool:
    """Whether this is a run of MXNet's continuous delivery (the variable ``CD_JOB``)."""
    return os.environ.get("CD_JOB") == "1"


def is_aarch64_run() -> bool:
    """Whether the processor is a 64-bit ARM."""
    return platform.machine() == "aarch64"


def _set_variables(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = str(value)
