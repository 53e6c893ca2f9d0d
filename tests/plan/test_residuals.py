"""What kernels leave for their gradients: planned, counted, shown, bound by a budget, and let go on time."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.context import cpu
from mxnet.control_flow.body import Tape
from mxnet.ir.constraints import settle_shapes
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Op, Run
from mxnet.ir.types import OPAQUE, Type
from mxnet.ndarray.ndarray import invoke
from mxnet.ops.nn.rnn import RNN
from mxnet.ops.tools.recording import Recording
from mxnet.ops.tools.shapes import same_shape

STEPS, SAMPLES, SIZE = 6, 4, 32
ITEM = SAMPLES * SIZE * 4  # bytes
V = mx.sym.Variable


class _Keeper(mx.operator.CustomOp):
    """Tanh, whose slope is kept in the object, as users do."""

    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], mx.nd.tanh(in_data[0]))
        self.slopes = {"of": [1 - out_data[0] * out_data[0]]}

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0] * self.slopes["of"][0])


@mx.operator.register("residual_keeper")
class _KeeperProp(mx.operator.CustomOpProp):
    def create_operator(self, ctx, in_shapes, in_dtypes):
        return _Keeper()


def _lstm(data, name):
    return mx.sym.RNN(data, state_size=SIZE, num_layers=1, mode="lstm", name=name)


def _foreach(data, name):
    weight, state = V(f"{name}_weight", shape=(SIZE, SIZE)), V(f"{name}_begin", shape=(SAMPLES, SIZE))

    def body(item, state):
        after = mx.sym.tanh(mx.sym.dot(state, weight) + item)
        return after, after

    return mx.sym.contrib.foreach(body, data, state, name=name)[0]


def _custom(data, name):
    return mx.sym.Custom(data, op_type="residual_keeper", name=name)


NETS = {"lstm": _lstm, "foreach": _foreach, "custom": _custom}


def _bound(kind, layers=1, **options):
    net = V("data")
    for i in range(layers):
        net = NETS[kind](net, f"layer{i}")
    return net.simple_bind(mx.cpu(), data=(STEPS, SAMPLES, SIZE), **options)


def _step(executor):
    executor.forward(is_train=True)
    executor.backward([mx.nd.ones(each.shape) for each in executor.outputs])


def _plan(executor):
    return executor._program(is_train=True, with_gradient=True).plan


def _residuals(plan):
    return [v for v, value in enumerate(plan.values) if value.type.layout == OPAQUE]


@pytest.fixture(params=NETS)
def executor(request):
    executor = _bound(request.param)
    _step(executor)  # of a user's code only a run tells
    return executor


# ------------------------------------------------------------------------------------------------- the bytes


def test_a_residual_is_saved_with_its_bytes(executor):
    plan = _plan(executor)
    (residual,) = _residuals(plan)
    assert residual in plan.saved
    assert plan.values[residual].type.nbytes > 0


def test_the_memory_plan_and_the_program_show_it(executor):
    plan = _plan(executor)
    (residual,) = _residuals(plan)
    size = plan.values[residual].type.nbytes
    shown = executor.memory_plan()
    name = plan.values[residual].entry.node.name
    assert next(step for step in shown.steps if step.name == name).makes >= size
    assert shown.saved_bytes >= size
    assert shown.peak_bytes == plan.peak_bytes >= size
    assert f"{size} bytes" in executor.debug_str()


def test_a_run_without_gradients_leaves_nothing(executor):
    plan = executor._program(is_train=True, with_gradient=False).plan
    assert _residuals(plan) == []


def test_a_loop_keeps_the_state_of_every_step_but_the_last_which_is_an_output():
    plan = _plan(_bound("foreach"))
    (residual,) = _residuals(plan)
    assert plan.values[residual].type.nbytes == (STEPS - 1) * ITEM


def test_a_custom_operator_keeps_what_is_in_its_object_but_no_inputs_or_outputs():
    executor = _bound("custom")
    (residual,) = _residuals(_plan(executor))
    assert _plan(executor).values[residual].type.nbytes == 0
    _step(executor)
    assert _plan(executor).values[residual].type.nbytes == STEPS * ITEM
    before = _plan(executor)
    _step(executor)
    assert _plan(executor) is before


def _kept(op, inputs):
    """Return the bytes of what torch keeps of a run of an RNN."""
    kept = {}

    def keep(tensor):
        kept[tensor.untyped_storage()._cdata] = tensor.untyped_storage()

    run = Run(cpu(), is_train=True, wants=frozenset(op.input_names()))
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda nothing: nothing):
        results = op.kernel_for(run)(*inputs)
    for tensor in (*inputs, *results[:-1]):
        kept.pop(tensor.untyped_storage()._cdata, None)
    return sum(storage.nbytes() for storage in kept.values())


@pytest.mark.parametrize("mode", ["lstm", "gru", "rnn_tanh"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("shape", "params"),
    [
        ((50, 8, 64), {"state_size": 64, "num_layers": 1}),
        ((9, 16, 100), {"state_size": 256, "num_layers": 2}),
        ((35, 5, 40), {"state_size": 50, "num_layers": 2, "bidirectional": True}),
        ((20, 1, 16), {"state_size": 16, "num_layers": 3, "p": 0.5}),
        ((7, 3, 5), {"state_size": 11, "num_layers": 1, "use_sequence_length": True}),
    ],
    ids=str,
)
def test_what_a_recurrent_network_keeps_is_known_before_it_runs(mode, dtype, shape, params):
    op = RNN.make(mode=mode, state_outputs=True, **params)
    shapes = settle_shapes(op, (shape, *[None] * (len(op.slots) - 1)))[: op.arity[0]]
    inputs = [torch.zeros(each, dtype=getattr(torch, dtype)) for each in shapes]
    types = tuple(Type(each, dtype, cpu()) for each in shapes)
    counted = op.residual_bytes(Run(cpu(), is_train=True, wants=frozenset(op.input_names()), ins=types))
    assert counted == pytest.approx(_kept(op, inputs), rel=0.15)


# ------------------------------------------------------------------------------------------------ the budget


@pytest.mark.parametrize("kind", ["lstm", "foreach"])
def test_a_budget_makes_residuals_a_second_time(kind):
    plain = _bound(kind, layers=8)
    peak = plain.memory_plan().peak_bytes
    small = _bound(kind, layers=8, memory_budget=int(peak * 0.75))
    assert small.memory_plan().peak_bytes <= peak * 0.75
    random = np.random.default_rng(3)
    for name, array in plain.arg_dict.items():
        array[:] = small.arg_dict[name][:] = random.uniform(-0.3, 0.3, array.shape)
    for each in (plain, small):
        _step(each)
    for name, gradient in plain.grad_dict.items():
        np.testing.assert_allclose(small.grad_dict[name].asnumpy(), gradient.asnumpy(), rtol=1e-4, atol=1e-6)


def test_a_budget_counts_what_a_custom_operator_has_been_seen_to_keep():
    budget = _bound("custom").memory_plan().peak_bytes
    executor = _bound("custom", memory_budget=budget)
    assert executor.memory_plan().peak_bytes == budget  # as far as anybody knows
    with pytest.warns(UserWarning, match="cannot be kept"):
        _step(executor)
    assert executor.memory_plan().peak_bytes == budget + STEPS * ITEM


# ------------------------------------------------------------------------------------------ when it is let go


@pytest.fixture
def living(monkeypatch):
    """Return a function that counts the residuals of RNNs and loops that are still there."""
    made = weakref.WeakSet()
    for cls in (Recording, Tape):

        def init(self, *args, plain=cls.__init__):
            plain(self, *args)
            made.add(self)

        monkeypatch.setattr(cls, "__init__", init)

    def count():
        gc.collect()
        return len(made)

    return count


@pytest.mark.parametrize("kind", ["lstm", "foreach"])
def test_a_residual_lives_from_forward_to_backward(kind, living):
    executor = _bound(kind)
    executor.forward(is_train=True)
    before = living()
    executor.backward([mx.nd.ones(each.shape) for each in executor.outputs])
    assert (before, living()) == (1, 0)


@pytest.mark.parametrize("kind", ["lstm", "foreach"])
def test_it_dies_with_the_step_that_reads_it(kind):
    plan = _plan(_bound(kind, layers=3))
    for residual in _residuals(plan):
        (reader,) = [step for step in plan.backward if residual in step.inputs]
        assert residual in reader.frees


def _recorded(kind):
    """Return the data and the result of a call on arrays that is being recorded."""
    node = NETS[kind](V("data"), "n")._outputs[0].node
    count = len(node.outputs)
    shapes = {"data": (STEPS, SAMPLES, SIZE), "n_weight": (SIZE, SIZE), "n_begin": (SAMPLES, SIZE)}
    given = [shapes.get(entry.node.name) for entry in node.inputs]
    inputs = [mx.nd.ones(shape) for shape in settle_shapes(node.op, (*given, *[None] * count))[:-count]]
    data = inputs[0]
    data.attach_grad()
    with mx.autograd.record():
        made = invoke(node.op, inputs)
    return data, made[0] if isinstance(made, list) else made


@pytest.mark.parametrize("kind", ["lstm", "foreach"])
@pytest.mark.parametrize("retain", [False, True])
def test_what_was_recorded_of_arrays_is_let_go_after_backward(kind, retain, living):
    _, made = _recorded(kind)
    assert living() == 1
    made.backward(retain_graph=retain)
    assert living() == retain


def test_what_a_function_of_the_user_keeps_is_let_go_after_backward():
    class Square(mx.autograd.Function):
        def forward(self, x):
            self.save_for_backward(x)
            return x * x

        def backward(self, dy):
            return 2 * self.saved_tensors[0] * dy

    x = mx.nd.ones((2,))
    x.attach_grad()
    function = Square()
    with mx.autograd.record():
        y = function(x)
    seen = weakref.ref(function)
    del function
    y.backward()
    gc.collect()
    assert seen() is None


def test_a_residual_is_read_as_often_as_it_is_asked_for():
    data, made = _recorded("lstm")
    made.backward(retain_graph=True)
    first = data.grad.asnumpy()
    made.backward()
    np.testing.assert_array_equal(data.grad.asnumpy(), first)


# ----------------------------------------------------------------------------------------- other operators


def _net(cls):
    return mx.sym.Symbol(Node(cls.make(), "node", (Entry(Node(None, "data")),)).outputs)


def test_a_list_that_an_operator_keeps_is_counted():
    class Listing(Op):
        """Keeps a list of as many tensors as it is told."""

        residual = "slopes"
        infer_shape = same_shape

        def residual_bytes(self, run):
            return 3 * run.ins[0].nbytes

        def forward(self, run, data):
            slopes = [torch.cos(data), data + 1, data + 2]
            return (torch.sin(data), slopes) if run.wants else torch.sin(data)

        def backward(self, run, grad, slopes=None):
            return grad * slopes[0]

    executor = _net(Listing).simple_bind(mx.cpu(), data=(5, 7))
    assert executor.memory_plan().saved_bytes == 3 * 5 * 7 * 4
    executor.arg_dict["data"][:] = 1
    _step(executor)
    np.testing.assert_allclose(executor.grad_dict["data"].asnumpy(), np.cos(1), rtol=1e-6)


def test_an_operator_that_leaves_something_says_how_much():
    with pytest.raises(TypeError, match="declares the residual 'slopes', but no residual_bytes"):

        class Silent(Op, name="_test_silent"):
            """Says nothing."""

            residual = "slopes"

            def forward(self, run, data):
                return data, [data]


def test_an_operator_keeps_nothing_in_itself():
    class Hoarding(Op):
        """Keeps a list in itself."""

        infer_shape = same_shape

        def forward(self, run, data):
            self.kept = [data]
            return data + 1

    executor = _net(Hoarding).simple_bind(mx.cpu(), data=(5, 7))
    with pytest.raises(AttributeError, match="is frozen"):
        executor.forward()
