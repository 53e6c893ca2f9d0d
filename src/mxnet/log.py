"""Loggers with MXNet's one-letter line format, in colour on a terminal."""

from __future__ import annotations

import logging
import sys

from mxnet.historic import lend

__all__ = ["CRITICAL", "DEBUG", "ERROR", "INFO", "NOTSET", "PY3", "WARNING", "getLogger", "get_logger"]

CRITICAL = logging.CRITICAL
ERROR = logging.ERROR
WARNING = logging.WARNING
INFO = logging.INFO
DEBUG = logging.DEBUG
NOTSET = logging.NOTSET
PY3 = True  # old scripts ask

_COLOURS = {WARNING: "\x1b[33m", ERROR: "\x1b[31m", CRITICAL: "\x1b[31m", DEBUG: "\x1b[32m", INFO: "\x1b[32m"}


class _Formatter(logging.Formatter):
    """Writes ``I0131 12:00:00 1234 file:func:line] message``."""

    def __init__(self, *, colored: bool) -> None:
        super().__init__(datefmt="%m%d %H:%M:%S")
        self._colored = colored

    def format(self, record: logging.LogRecord) -> str:
        label = record.levelname[:1] if record.levelno in _COLOURS else "U"
        head = f"{label}%(asctime)s %(process)d %(pathname)s:%(funcName)s:%(lineno)d]"
        if self._colored:
            head = f"{_COLOURS.get(record.levelno, '')}{head}\x1b[0m"
        self._style = logging.PercentStyle(f"{head} %(message)s")
        return super().format(record)


def get_logger(
    name: str | None = None, filename: str | None = None, filemode: str | None = None, level: int = WARNING
) -> logging.Logger:
    """Return a logger, set up on the first call for its name.

    Parameters
    ----------
    name : str, optional
        Which one. Without a name the root logger is returned and left as it is set up.
    filename : str, optional
        The file to write to. Without one, lines go to the standard error stream.
    filemode : str, optional
        How to open that file, by default ``"a"``.
    level : int
        The least severe level that is shown.
    """
    logger = logging.getLogger(name)
    if name is not None and not any(isinstance(h.formatter, _Formatter) for h in logger.handlers):
        handler: logging.Handler
        if filename:
            handler = logging.FileHandler(filename, filemode or "a")
            handler.setFormatter(_Formatter(colored=False))
        else:
            handler = logging.StreamHandler()
            handler.setFormatter(_Formatter(colored=sys.stderr.isatty()))
        logger.addHandler(handler)
        logger.setLevel(level)
    return logger


getLogger = get_logger  # noqa: N816 - MXNet's older name of it


lend(__name__)
