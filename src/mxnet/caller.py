"""Who called: the user's line on the stack, which nodes remember, errors name and warnings point at."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from types import FrameType

__all__ = ["OURS", "user_frame", "warn"]

OURS = (os.path.dirname(os.path.abspath(__file__)) + os.sep, "<symnet program")
"""What the names of this package's own files begin with, and of the programs that it writes."""

_CALLER_OF_COMMANDS = "typer.main"


@functools.lru_cache(maxsize=1 << 12)
def _is_ours(filename: str) -> bool:
    return filename.startswith(OURS)


def user_frame() -> FrameType | None:
    """Return the innermost frame on the stack that is not part of this package; our commands have none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is not None and frame.f_globals.get("__name__") == _CALLER_OF_COMMANDS:
        return None
    return frame


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn of something that the user's line asked for, however deep inside of this package it shows."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(OURS):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
