"""Recurrent networks over whole sequences: several layers of one kind of cell, in one or both directions."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

from mxnet.dtype import torch_dtype
from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.memory import NEW
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.ir.param import MANY
from mxnet.lazy import F, torch
from mxnet.ops.tools.device import generator_of, torch_device
from mxnet.ops.tools.onnx_graph import InexpressibleError, Value
from mxnet.ops.tools.recording import Recording, recorded_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from torch import Tensor

    from mxnet.context import Context
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

    Shapes = tuple[tuple[int, ...], ...]

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}


class RNN(Op, name="RNN"):
    r"""Applies layers of recurrent cells to sequences.

    With gates computed from :math:`W x_t + b_W + R h_{t-1} + b_R`: ``rnn_relu`` and ``rnn_tanh`` have one;
    ``lstm`` input, forget, cell and output gate (Hochreiter & Schmidhuber, 1997; with a projection Sak et
    al., 2014); ``gru`` reset, update and new gate, the reset gate multiplying :math:`R h_{t-1} + b_R` (as
    cuDNN has it, after Cho et al., 2014).

    Shapes: data (time, n, k), state (layers * directions, n, p), state_cell (layers * directions, n,
    state_size), sequence_length (n,), output (time, n, directions * p), where p is projection_size or else
    state_size. ``parameters`` is one vector: for each layer and direction W and R (and the projection), each
    row by row, then for each of them :math:`b_W` and :math:`b_R`.

    With ``use_sequence_length`` outputs after the end of a sequence are 0, states are those at its end, and
    the other direction starts there; projections, clipping and lengths work on all devices (MXNet has them on
    GPUs only).
    """

    example = (
        "mx.nd.ones((4, 2, 3)); mx.nd.ones((24,)); mx.nd.zeros((1, 2, 3)) | "
        'state_size=3, num_layers=1, mode="rnn_tanh"'
    )
    cost = "much"

    inputs = {
        "data": "The sequences.",
        "parameters": "All weights and biases as one vector.",
        "state": "The hidden state before the first step.",
        "state_cell": "The cell state before the first step (lstm).",
        "sequence_length": "How many steps of each sequence count.",
    }
    learned = ("parameters",)
    memory = NEW
    residual = "tape"
    outputs = ("output", "state_output", "statecell_output", "mask")
    state_size: int = param(ge=1, doc="Size of the state of each layer.")
    num_layers: int = param(ge=1, le=MANY, doc="Number of layers.")
    bidirectional: bool = param(
        default=False, doc="Whether each layer also runs from the end to the beginning."
    )
    mode: str = param(choices=("gru", "lstm", "rnn_relu", "rnn_tanh"), doc="The kind of cell.")
    p: float = param(
        default=0.0, ge=0, le=1, doc="Share of the values between layers that training sets to 0."
    )
    state_outputs: bool = param(default=False, doc="Whether the final states are outputs too.")
    projection_size: int | None = param(
        default=None, ge=1, doc="Size that the hidden state is projected to (lstm)."
    )
    lstm_state_clip_min: float | None = param(default=None, doc="Lower limit of the cell state.")
    lstm_state_clip_max: float | None = param(default=None, doc="Upper limit of the cell state.")
    lstm_state_clip_nan: bool = param(default=False, doc="Whether clipping turns NaN into the lower limit.")
    use_sequence_length: bool = param(
        default=False, doc="Whether sequence_length is given; otherwise all steps count."
    )

    def validate(self) -> None:
        if self.projection_size and self.mode != "lstm":
            raise ParameterError(f"RNN: projection_size is for mode 'lstm' only, not {self.mode!r}.")
        if (self.lstm_state_clip_min is None) != (self.lstm_state_clip_max is None):
            raise ParameterError("RNN: lstm_state_clip_min and lstm_state_clip_max must be given together.")
        self.__dict__["pure"] = not self._drops

    def input_names(self) -> tuple[str, ...]:
        used = (True, True, True, self.mode == "lstm", self.use_sequence_length)
        return tuple(name for name, use in zip(self.inputs, used, strict=True) if use)

    def output_names(self) -> tuple[str, ...]:
        used = (True, self.state_outputs, self.state_outputs and self.mode == "lstm", self._drops)
        return tuple(name for name, use in zip(self.outputs, used, strict=True) if use)

    def visible_outputs(self) -> int:
        return len(self.output_names()) - self._drops

    @property
    def _drops(self) -> bool:
        return self.p > 0 and self.num_layers > 1

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _hidden_size(self) -> int:
        return self.projection_size or self.state_size

    def _parameter_shapes(self, input_size: int) -> list[list[tuple[int, ...]]]:
        """Return the shapes of W, R and the projection, per layer and direction, as `parameters` has them."""
        rows, hidden = GATES[self.mode] * self.state_size, self._hidden_size
        projection = [(hidden, self.state_size)] if self.projection_size else []
        widths = [input_size, *[hidden * self._directions] * (self.num_layers - 1)]
        return [
            [(rows, width), (rows, hidden), *projection] for width in widths for _ in range(self._directions)
        ]

    def flops(self, ins: Sequence[tuple[int, ...]], outs: Sequence[tuple[int, ...]]) -> int:
        return 2 * ins[0][0] * ins[0][1] * ins[1][0]  # at each step, by each of the parameters

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if len(s.data) != 3:
            raise ShapeError(f"data must have 3 axes (time, sample, feature); it has {len(s.data)}.")
        time, samples, width = s.data
        stack, wide = self.num_layers * self._directions, self._hidden_size * self._directions
        state, cell = (stack, samples, self._hidden_size), (stack, samples, self.state_size)
        said: dict[str, Any] = {
            "state": state,
            "state_cell": cell,
            "sequence_length": (samples,),
            "output": (time, samples, wide),
            "state_output": state,
            "statecell_output": cell,
            "mask": (self.num_layers - 1, time, samples, wide),
        }
        if width is not None:
            shapes = self._parameter_shapes(width)
            biases = 2 * GATES[self.mode] * self.state_size * len(shapes)
            said["parameters"] = (sum(math.prod(shape) for group in shapes for shape in group) + biases,)
        return {name: shape for name, shape in said.items() if name in self.slots}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.data is None:
            return {}
        said = dict.fromkeys(self.slots, t.data)
        if self.use_sequence_length and t.sequence_length is not None:
            said["sequence_length"] = t.sequence_length
        return said

    def forward(
        self,
        run: Run,
        data: Tensor,
        parameters: Tensor,
        state: Tensor,
        state_cell: Tensor | None = None,
        sequence_length: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, ...]:
        inputs = (data, parameters, state) if state_cell is None else (data, parameters, state, state_cell)
        mask = self._draw_mask(run, data) if self._drops else None
        hidden = () if mask is None else (mask,)
        compute = functools.partial(self._compute, run, sequence_length, mask)
        if run.wants:
            tape = Recording(compute, inputs, self._are_wanted(run.wants))
            return (*tape.results, *hidden, tape)
        with torch.no_grad():  # in which oneDNN has another kernel
            results = (*compute(*inputs), *hidden)
        return results if len(results) > 1 else results[0]

    def _are_wanted(self, wants: Collection[str]) -> list[bool]:
        return [name in wants for name in self.input_names() if name != "sequence_length"]

    def residual_bytes(self, run: Run) -> int:
        """Return what torch keeps of a run that it records: gates and states of all steps."""
        assert run.in_shapes is not None
        return _kept_bytes(self, run.context, run.in_shapes, str(run.ins[0].dtype), run.wants)

    def _draw_mask(self, run: Run, data: Tensor) -> Tensor:
        """Return the factors of the values between layers: 0 for the dropped, else what keeps the mean."""
        shape = self._mask_shape(data)
        if not run.is_train:
            return data.new_ones(1, 1, 1, 1).expand(shape)
        generator = generator_of(run.context)
        kept = torch.rand(shape, generator=generator, dtype=torch.float32, device=data.device) >= self.p
        return kept.to(data.dtype) / max(1 - self.p, 1e-12)

    def _mask_shape(self, data: Tensor) -> tuple[int, ...]:
        return (self.num_layers - 1, *data.shape[:2], self._hidden_size * self._directions)

    def backward(
        self,
        run: Run,
        grads: Sequence[Tensor],
        output: Tensor,
        data: Tensor,
        parameters: Tensor,
        state: Tensor,
        state_cell: Tensor | None = None,
        sequence_length: Tensor | None = None,
        mask: Tensor | None = None,
        tape: Any = None,
    ) -> tuple[Tensor | None, ...]:
        inputs = (data, parameters, state) if state_cell is None else (data, parameters, state, state_cell)
        heads = tuple(grads[: self.visible_outputs()])
        compute = functools.partial(self._compute, run, sequence_length, mask)
        if run.replayed:
            slopes = torch.func.vjp(compute, *inputs)[1](heads)
        else:
            wants = self._are_wanted(run.wants)
            if not tape.fits(inputs):
                tape = Recording(compute, inputs, wants)
            slopes = tape.differentiate(heads, wants)
        return slopes if sequence_length is None else (*slopes, None)

    def _compute(
        self,
        run: Run,
        lengths: Tensor | None,
        mask: Tensor | None,
        data: Tensor,
        parameters: Tensor,
        *hidden: Tensor,
    ) -> tuple[Tensor, ...]:
        """Return the outputs that are seen."""
        layers = _unrolled if run.replayed or not self._is_known_to_torch(run.context) else _fused
        weights = self._unpack(parameters, data.shape[2])
        if mask is None:
            return layers(self, data, hidden, weights, lengths)[: self.visible_outputs()]
        finals = []
        for i in range(self.num_layers):
            rows = slice(i * self._directions, (i + 1) * self._directions)
            data, *final = layers(self, data, tuple(h[rows] for h in hidden), weights[rows], lengths)
            finals.append(final)
            if i < len(mask):
                data = data * mask[i]
        return (data, *(torch.cat(each) for each in zip(*finals, strict=True)))[: self.visible_outputs()]

    def _is_known_to_torch(self, place: Context) -> bool:
        is_plain = self.lstm_state_clip_min is None and not self.use_sequence_length
        return is_plain and not (self.projection_size and torch_device(place).type == "cpu")

    def _unpack(self, parameters: Tensor, input_size: int) -> list[tuple[Tensor, ...]]:
        """Return W, R, their biases and the projection (if any), per layer and direction."""
        groups = self._parameter_shapes(input_size)
        rows = GATES[self.mode] * self.state_size
        shapes = [shape for group in groups for shape in group] + [(rows,)] * (2 * len(groups))
        pieces = torch.split(parameters, [math.prod(shape) for shape in shapes])
        tensors = [piece.view(shape) for piece, shape in zip(pieces, shapes, strict=True)]
        size = len(groups[0])
        biases = tensors[size * len(groups) :]
        unpacked = []
        for i in range(len(groups)):
            w, r, *projection = tensors[i * size : (i + 1) * size]
            unpacked.append((w, r, *biases[2 * i : 2 * i + 2], *projection))
        return unpacked

    def step(
        self, gates: Tensor, hidden: tuple[Tensor, ...], weights: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        """Return the state after one step, from the input's part of the gates and the state before."""
        _, r, _, bias, *projection = weights
        recurrent = F.linear(hidden[0], r, bias)
        if self.mode == "lstm":
            into, forget, new, out = (gates + recurrent).chunk(4, 1)
            cell = forget.sigmoid() * hidden[1] + into.sigmoid() * new.tanh()
            if self.lstm_state_clip_min is not None:
                cell = cell.clamp(self.lstm_state_clip_min, self.lstm_state_clip_max)
                if self.lstm_state_clip_nan:
                    cell = torch.where(cell.isnan(), self.lstm_state_clip_min, cell)
            state = out.sigmoid() * cell.tanh()
            return (state @ projection[0].T if projection else state), cell
        if self.mode == "gru":
            (from_x, to_x, new_x), (from_h, to_h, new_h) = gates.chunk(3, 1), recurrent.chunk(3, 1)
            new = torch.tanh(new_x + torch.sigmoid(from_x + from_h) * new_h)
            return (torch.lerp(new, hidden[0], torch.sigmoid(to_x + to_h)),)
        return (torch.relu(gates + recurrent) if self.mode == "rnn_relu" else torch.tanh(gates + recurrent),)

    def onnx(
        self, to: OnnxGraph, data: Value, parameters: Value, state: Value, *more: Value
    ) -> tuple[Value, ...]:
        if self.projection_size or self.lstm_state_clip_min is not None:
            raise InexpressibleError("ONNX's LSTM has no projection, and clips gates where this clips cells")
        cell = more[0] if self.mode == "lstm" else None
        lengths = more[-1].as_type("int32") if self.use_sequence_length else None
        weights = self._unpack_in_onnx(to, parameters, data.extent(2))
        finals: list[Sequence[Value]] = []
        both, kind = self._directions, {"lstm": "LSTM", "gru": "GRU"}.get(self.mode, "RNN")
        for layer in range(self.num_layers):
            rows = range(layer * both, (layer + 1) * both)
            w, r, b = (to.Concat(*each, axis=0) for each in zip(*[weights[i] for i in rows], strict=True))
            hidden = [each and to.slice(each, 0, rows.start, rows.stop) for each in (state, cell)]
            activation = {"rnn_relu": "Relu", "rnn_tanh": "Tanh"}.get(self.mode)
            steps, *final = to.nodes_of(
                kind,
                3 if cell else 2,
                *(data, w, r, b, lengths, *hidden)[: 7 if cell else 6],
                direction="bidirectional" if self.bidirectional else "forward",
                hidden_size=self.state_size,
                activations=[activation] * both if activation else None,
                linear_before_reset=1 if kind == "GRU" else None,
            )
            finals.append(final)
            time, samples, _ = data.shape  # type: ignore[misc]
            wide = to.Transpose(steps, perm=[0, 2, 1, 3])
            data = Value(to, wide.name, wide.dtype, (time, samples, both, self.state_size))
            shape = (time, samples, both * self.state_size)
            data = Value(to, to.reshape(data, shape).name, wide.dtype, shape)
        return data, *(to.Concat(*each, axis=0) for each in zip(*finals, strict=True))

    def _unpack_in_onnx(self, to: OnnxGraph, parameters: Value, width: int) -> list[tuple[Value, ...]]:
        """Return W, R and both biases, per layer and direction, with ONNX's order of gates."""
        groups, rows = self._parameter_shapes(width), GATES[self.mode] * self.state_size
        shapes = [shape for group in groups for shape in group] + [(rows,)] * (2 * len(groups))
        order = {"lstm": [0, 3, 1, 2], "gru": [1, 0, 2]}.get(self.mode, [0])
        pieces = []
        for piece, shape in zip(to.parts(parameters, map(math.prod, shapes), 0), shapes, strict=True):
            gates = to.Reshape(piece, [len(order), self.state_size, *shape[1:]])
            moved = gates if len(order) == 1 else to.Gather(gates, order, axis=0)
            pieces.append(to.Reshape(moved, [1, *shape]))
        n = len(groups)
        return [
            (*pieces[2 * i : 2 * i + 2], to.Concat(*pieces[2 * (n + i) : 2 * (n + i) + 2], axis=1))
            for i in range(n)
        ]


def _fused(
    op: RNN,
    data: Tensor,
    hidden: tuple[Tensor, ...],
    weights: list[tuple[Tensor, ...]],
    lengths: Tensor | None,
) -> tuple[Tensor, ...]:
    """Run layers with torch's kernels, those of oneDNN or cuDNN where they fit."""
    kernel = getattr(torch, op.mode)
    flat = [tensor for group in weights for tensor in group]
    layers = len(weights) // (2 if op.bidirectional else 1)
    state = hidden if op.mode == "lstm" else hidden[0]
    results: tuple[Tensor, ...] = kernel(
        data, state, flat, True, layers, 0.0, torch.is_grad_enabled(), op.bidirectional, False
    )
    return results


def _unrolled(
    op: RNN,
    data: Tensor,
    hidden: tuple[Tensor, ...],
    weights: list[tuple[Tensor, ...]],
    lengths: Tensor | None,
) -> tuple[Tensor, ...]:
    """Run layers step by step, with operations that can be differentiated again."""
    directions = 2 if op.bidirectional else 1
    time = range(len(data))
    counts = None if lengths is None else [(step < lengths)[:, None] for step in time]
    finals = []
    for layer in range(0, len(weights), directions):
        both = []
        for i in range(layer, layer + directions):
            gates = F.linear(data, weights[i][0], weights[i][2])
            state = tuple(h[i] for h in hidden)
            outputs = []
            for step in time if i == layer else reversed(time):
                after = op.step(gates[step], state, weights[i])
                if counts is not None:
                    after = tuple(torch.where(counts[step], a, b) for a, b in zip(after, state, strict=True))
                state = after
                outputs.append(state[0] if counts is None else torch.where(counts[step], state[0], 0.0))
            both.append(torch.stack(outputs if i == layer else outputs[::-1]))
            finals.append(state)
        data = torch.cat(both, 2)
    return data, *(torch.stack(each) for each in zip(*finals, strict=True))


# ---------------------------------------------------------------------------------------- bytes that are kept


@functools.lru_cache(maxsize=256)
def _kept_bytes(op: RNN, place: Context, shapes: Shapes, dtype: str, wants: frozenset[str]) -> int:
    """Return what torch keeps of a run on inputs of these shapes."""
    steps, samples, width = shapes[0]
    has_onednn = torch_device(place).type == "cpu" and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if has_onednn and op.mode == "lstm" and dtype == "float32" and op._is_known_to_torch(place):
        return _kept_by_onednn(op, steps, samples, width)
    some = min(steps, 3)
    most, fewer = (_kept_in(op, place, shapes, dtype, wants, max(some - i, 1)) for i in (0, 1))
    return most + (steps - some) * (most - fewer)  # each step keeps as much as the one before it


def _kept_in(op: RNN, place: Context, shapes: Shapes, dtype: str, wants: frozenset[str], steps: int) -> int:
    """Return what torch keeps of a run of so many steps."""
    few = (steps, *shapes[0][1:])
    data, *others = (
        torch.empty(each, dtype=torch_dtype(dtype), device="meta") for each in (few, *shapes[1:])
    )
    lengths = others.pop() if op.use_sequence_length else None
    inputs = (data, *others)
    mask = data.new_empty(op._mask_shape(data)) if op._drops else None
    compute = functools.partial(op._compute, Run(place), lengths, mask)
    besides = [each for each in (mask, lengths) if each is not None]
    return recorded_bytes(compute, inputs, op._are_wanted(wants), besides)


def _kept_by_onednn(op: RNN, steps: int, samples: int, width: int) -> int:
    """Return what oneDNN's LSTM in float32 keeps: its workspace, whose layout shows in its size, and states.

    The workspace holds the gates, the states of the layer and the one below it, and room for their gradients.
    """
    hidden, directions = op.state_size, op._directions
    rows, more = steps * samples, (steps + 1) * samples
    kept = 0
    for layer in range(op.num_layers):
        reads = hidden * directions if layer else width
        states = 2 * more * _spread(max(reads, hidden))
        parts = (rows * _spread(4 * hidden), rows * _spread(hidden), *[states] * 3, *[2 * more * hidden] * 2)
        workspace = sum(-(-4 * part // _PAGE) * _PAGE for part in parts)
        kept += directions * (workspace + 2 * samples * hidden * 4)
        is_last = layer == op.num_layers - 1
        if directions == 2 or not is_last:
            kept += directions * rows * hidden * 4
        if not is_last and (directions == 2 or op._drops):  # what the next layer reads
            kept += directions * rows * hidden * 4
    return kept


_PAGE = 4096


def _spread(columns: int) -> int:
    """Return the elements from row to row: whole cache lines, but for what many rows would share."""
    lines = -(-columns // 16) * 16
    return lines if lines % 256 else lines + 16
