"""Connectionist temporal classification: a loss for reading label sequences out of longer sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.errors import MXNetError, ShapeError
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.lazy import F, torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

IMPOSSIBLE = -1e30
"""The log probability of what cannot happen; finite, so that sums and differences of it are numbers."""


class CTCLoss(Op, name="CTCLoss", aliases=("ctc_loss", "_contrib_CTCLoss", "_contrib_ctc_loss")):
    """Computes how unlikely a label sequence is to be read, over all ways to align it with time.

    Shapes: data (time, n, classes) before softmax, label (n, length), data_lengths and label_lengths (n,),
    output (n,). Without ``label_lengths`` a label ends before its first padding: 0 if the blank is ``first``
    (classes then count from 1), -1 if it is ``last``. Labels are rounded to whole numbers, and refused if no
    class has that number. An empty label is read from blanks alone. A label that cannot be read in the given
    time costs 0.
    After Graves et al., *Connectionist Temporal Classification*, 2006.
    """

    example = "mx.nd.zeros((4, 1, 3)); [[1, 2]]"
    labels = ("label", "label_lengths")
    inputs = {
        "data": "Activations per time step, sample and class.",
        "label": "The classes to be read.",
        "data_lengths": "How many time steps of each sample count.",
        "label_lengths": "How many classes of each label count.",
    }
    outputs = ("output0",)
    use_data_lengths: bool = param(
        default=False, doc="Whether data_lengths is given; otherwise all steps count."
    )
    use_label_lengths: bool = param(
        default=False, doc="Whether label_lengths is given; otherwise padding ends a label."
    )
    blank_label: str = param(
        default="first", choices=("first", "last"), doc="Whether the blank is class 0 or the last class."
    )

    def input_names(self) -> tuple[str, ...]:
        used = (True, True, self.use_data_lengths, self.use_label_lengths)
        return tuple(name for name, use in zip(self.inputs, used, strict=True) if use)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        for name, known, rank in zip(self.input_names(), s.ins, (3, 2, 1, 1), strict=False):
            if known is not None and len(known) != rank:
                raise ShapeError(f"{name} must have {rank} axes; it has {len(known)}.")
        if s.data is None:
            return {}
        if s.label is not None and None not in (s.data[0], s.label[1]) and s.data[0] < s.label[1]:
            raise ShapeError(f"labels of {s.label[1]} classes cannot be read in {s.data[0]} time steps.")
        samples = s.data[1]
        lengths = dict.fromkeys(self.input_names()[2:], (samples,))
        return {"label": (samples, None), "output0": (samples,), **lengths}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {} if t.data is None else {"output0": t.data}

    def forward(
        self,
        run: Run,
        data: Tensor,
        label: Tensor,
        data_lengths: Tensor | None = None,
        label_lengths: Tensor | None = None,
    ) -> Tensor:
        trellis = Trellis(self, data, label, data_lengths, label_lengths)
        trellis.check()
        total, readable = trellis.total(trellis.walk(trellis.emitted, trellis.path))
        return torch.where(readable, -total, 0.0).to(data.dtype)

    def backward(
        self,
        run: Run,
        grad: Tensor,
        data: Tensor,
        label: Tensor,
        data_lengths: Tensor | None = None,
        label_lengths: Tensor | None = None,
    ) -> tuple[Tensor | None, ...]:
        trellis = Trellis(self, data, label, data_lengths, label_lengths)
        before = trellis.walk(trellis.emitted, trellis.path)
        after = trellis.reverse(trellis.walk(trellis.reverse(trellis.emitted), trellis.reverse_path()))
        total, readable = trellis.total(before)
        passing = (before + after - trellis.emitted - total[:, None]).exp()
        p = trellis.log_p.exp()
        expected = torch.zeros_like(p).scatter_add(2, trellis.path.expand_as(passing), passing)
        counted = readable & (torch.arange(len(p), device=p.device)[:, None] < trellis.steps)
        slope = torch.where(counted[:, :, None], p - expected, 0.0).to(data.dtype)
        return (slope * grad[:, None], *(None,) * (len(self.input_names()) - 1))


class Trellis:
    """The states a reader of each label passes through, the classes with blanks around them, over time.

    Parameters
    ----------
    op : CTCLoss
        Says which class is the blank.
    data, label, data_lengths, label_lengths : Tensor
        The operator's inputs.

    Attributes
    ----------
    log_p : Tensor, shape (time, n, classes)
        Log probabilities.
    path : Tensor, shape (n, states)
        The class of each state; a label of k classes uses the first 2k + 1 states.
    emitted : Tensor, shape (time, n, states)
        The log probability of the class of each state.
    steps, lengths : Tensor, shape (n,)
        The time steps and classes that count.
    """

    def __init__(
        self,
        op: CTCLoss,
        data: Tensor,
        label: Tensor,
        data_lengths: Tensor | None,
        label_lengths: Tensor | None,
    ) -> None:
        time, samples, classes = data.shape
        self.blank_label = op.blank_label
        first = op.blank_label == "first"
        self.label = label = (label + 0.5).floor().long() if label.is_floating_point() else label.long()
        self.blank = 0 if first else classes - 1
        self.log_p = torch.log_softmax(data.to(torch.promote_types(data.dtype, torch.float32)), 2)
        if label_lengths is None:
            label_lengths = (label != (0 if first else -1)).long().cumprod(1).sum(1)
        if data_lengths is None:
            data_lengths = torch.full((samples,), time, device=data.device)
        self.lengths, self.steps = label_lengths.long(), data_lengths.long()
        classes_then_blanks = F.pad(
            label.clamp(0, classes - 1)[:, :, None], (0, 1), value=self.blank
        ).flatten(1)
        self.path = F.pad(classes_then_blanks, (1, 0), value=self.blank)
        used = torch.arange(self.path.shape[1], device=data.device) <= 2 * self.lengths[:, None]
        emitted = self.log_p.gather(2, self.path.expand(time, *self.path.shape))
        self.emitted = torch.where(used, emitted, IMPOSSIBLE)

    def check(self) -> None:
        """Refuse lengths beyond what is there, and labels that no class stands for."""
        classes, width = self.log_p.shape[2], self.label.shape[1]
        for name, lengths, most in (
            ("data_lengths", self.steps, len(self.log_p)),
            ("label_lengths", self.lengths, width),
        ):
            wrong = (lengths < 0) | (lengths > most)
            if wrong.any():
                sample = int(wrong.nonzero()[0])
                raise MXNetError(
                    f"{name} of sample {sample} is {int(lengths[sample])}, but must be from 0 to {most}."
                )
        counted = torch.arange(width, device=self.label.device) < self.lengths[:, None]
        wrong = counted & ((self.label < 0) | (self.label >= classes))
        if wrong.any():
            sample, position = wrong.nonzero()[0].tolist()
            first, padding = (1, 0) if self.blank_label == "first" else (0, -1)
            found = int(self.label[sample, position])
            raise MXNetError(
                f"the label of sample {sample} has {found} at position {position}, but data has {classes} "
                f"classes: with blank_label={self.blank_label!r} labels are "
                f"{first} to {first + classes - 2}, and {padding} ends a label."
            )

    def walk(self, emitted: Tensor, path: Tensor) -> Tensor:
        """Return the log probability of all ways to be in each state at each time."""
        may_skip = (path[:, 2:] != self.blank) & (path[:, 2:] != path[:, :-2])
        skip_penalty = torch.where(may_skip, 0.0, IMPOSSIBLE)
        start = F.pad(emitted[0, :, :2], (0, path.shape[1] - 2), value=IMPOSSIBLE)
        reached = [start]
        for now in emitted[1:]:
            stay = reached[-1]
            step = F.pad(stay[:, :-1], (1, 0), value=IMPOSSIBLE)
            skip = F.pad(stay[:, :-2] + skip_penalty, (2, 0), value=IMPOSSIBLE)
            reached.append(torch.stack([stay, step, skip]).logsumexp(0) + now)
        return torch.stack(reached)

    def total(self, reached: Tensor) -> tuple[Tensor, Tensor]:
        """Return the log probability of each label, and whether it can be read at all."""
        last = (self.steps - 1).clamp(min=0).view(1, -1, 1).expand(1, *reached.shape[1:])
        at_end = F.pad(
            reached.gather(0, last)[0], (1, 0), value=IMPOSSIBLE
        )  # an empty label has no last class
        total = at_end.gather(1, torch.stack([2 * self.lengths, 2 * self.lengths + 1], 1)).logsumexp(1)
        return total, (self.steps >= self.lengths) & (total > IMPOSSIBLE / 2)

    def reverse(self, values: Tensor) -> Tensor:
        """Return values per time and state with both turned round, within what counts."""
        time = _turned(self.steps, len(values)).T[:, :, None].expand_as(values)
        states = _turned(2 * self.lengths + 1, values.shape[2]).expand_as(values)
        return values.gather(0, time).gather(2, states)

    def reverse_path(self) -> Tensor:
        """Return the path from its end."""
        return self.path.gather(1, _turned(2 * self.lengths + 1, self.path.shape[1]))


def _turned(lengths: Tensor, size: int) -> Tensor:
    """Return, per row, the positions with the first `length` of them in reverse; shape (n, size)."""
    position = torch.arange(size, device=lengths.device).expand(len(lengths), size)
    end = lengths[:, None]
    return torch.where(position < end, end - 1 - position, position)
