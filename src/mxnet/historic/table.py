"""What a module lends, as the imports that would bring it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Table"]


class Table(NamedTuple):
    """What a module lends."""

    defined: str = ""
    imported: str = ""
    star: bool = True
