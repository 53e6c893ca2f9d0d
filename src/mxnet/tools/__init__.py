"""Programs that go with the package: ``python -m mxnet.tools.im2rec``."""

from __future__ import annotations

__all__: list[str] = []
