"""Looks after the memory of native runs: all is NaN before each, and nobody writes between values."""

from __future__ import annotations

import torch

from mxnet.native.frame import Frame
from mxnet.plan import placing, segments

NOBODY = 0x7FC0DEAD
"""A NaN that no computation makes."""


class Guard:
    """What was seen of runs: how many frames came to rest, and where somebody wrote who should not have."""

    def __init__(self, monkeypatch):
        self.rests = 0
        self.broken = []
        self._gaps = {}
        plan, lease, rest = placing._Planner.plan, segments.Framed._lease, Frame.rest

        def apart(lifetimes):
            """Give each value memory of its own, with some behind it that belongs to nobody."""
            offsets, self._found, top = {}, [], 0
            for value, (nbytes, _, _) in lifetimes.items():
                offsets[value] = top
                self._found.append((top + nbytes, top + nbytes + 64))
                top += -(-nbytes // 64) * 64 + 64
            return offsets, top

        def planned(planner):
            made = plan(planner)
            self._gaps[id(made.table)] = self._found
            return made

        def leased(framed):
            made = lease(framed)
            made.frame.arena.view(torch.int32).fill_(NOBODY)
            return made

        def rested(frame):
            self.rests += 1
            cells = frame.arena.view(torch.int32)
            for begin, end in self._gaps[id(frame.table)]:
                if not (cells[begin // 4 : end // 4] == NOBODY).all():
                    self.broken.append((begin, end))
            rest(frame)

        monkeypatch.setattr(placing, "place", apart)
        monkeypatch.setattr(placing._Planner, "plan", planned)
        monkeypatch.setattr(segments.Framed, "_lease", leased)
        monkeypatch.setattr(Frame, "rest", rested)
