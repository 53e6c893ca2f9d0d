"""Programs of the kinds that are written around MXNet, with the imports that they begin with."""

import ctypes
import os
import subprocess
import sys

import pytest

import mxnet as mx

HERE = os.path.dirname(os.path.dirname(mx.__file__))

LOADER = """
import numpy as np
import mxnet as mx
from mxnet.executor_manager import _split_input_slice

class Loader(mx.io.DataIter):
    '''Images of several sizes, one list of devices: each gets its share, padded to the largest in it.'''

    def __init__(self, images, boxes, ctx, work_load_list=None, batch_size=4):
        super().__init__()
        self.images, self.boxes, self.ctx, self.batch_size = images, boxes, ctx, batch_size
        self.work_load_list = work_load_list or [1] * len(ctx)
        self.cur = 0
        self.batch = None
        self.get_batch()

    @property
    def provide_data(self):
        return [(k, v.shape) for k, v in zip(['data'], self.batch.data)]

    @property
    def provide_label(self):
        return [(k, v.shape) for k, v in zip(['label'], self.batch.label)]

    def reset(self):
        self.cur = 0

    def iter_next(self):
        return self.cur + self.batch_size <= len(self.images)

    def next(self):
        if not self.iter_next():
            raise StopIteration
        self.get_batch()
        self.cur += self.batch_size
        return self.batch

    def get_batch(self):
        indices = range(self.cur, self.cur + self.batch_size)
        data = []
        for part in _split_input_slice(self.batch_size, self.work_load_list):
            data += [self.images[i] for i in indices[part]]
        height, width = (max(image.shape[axis] for image in data) for axis in (1, 2))
        stack = np.zeros((len(data), 3, height, width), 'float32')
        for i, image in enumerate(data):
            stack[i, :, :image.shape[1], :image.shape[2]] = image
        label = np.array([self.boxes[i] for i in indices])
        self.batch = mx.io.DataBatch([mx.nd.array(stack)], [mx.nd.array(label)], pad=0)

rng = np.random.RandomState(0)
images = [rng.rand(3, 4 + i % 3, 5) for i in range(8)]
loader = Loader(images, list(range(8)), [mx.cpu(0), mx.cpu(1)])
shapes = [batch.data[0].shape for batch in loader]
assert shapes == [(4, 3, 6, 5)] * 2, shapes
pool = mx.sym.Pooling(mx.sym.Variable('data'), global_pool=True, kernel=(1, 1), pool_type='avg')
module = mx.mod.Module(pool, label_names=None, context=[mx.cpu(0), mx.cpu(1)])
module.bind(loader.provide_data, for_training=False)
module.init_params()
module.forward(loader.batch)
np.testing.assert_allclose(
    module.get_outputs()[0].asnumpy()[:, :, 0, 0], loader.batch.data[0].asnumpy().mean((2, 3)), rtol=1e-5)
print('done')
"""

ITERATOR = """
import numpy as np
from mxnet.io import DataBatch, DataDesc, DataIter
from mxnet.io.io import _init_data
from mxnet.ndarray import array, concatenate
from mxnet.base import string_types, _as_list
from mxnet.ndarray.ndarray import _DTYPE_NP_TO_MX

class Bootstrap(DataIter):
    '''Draws batches with replacement.'''
    def __init__(self, data, label=None, batch_size=2, seed=0):
        super().__init__(batch_size)
        self.data = _init_data(data, allow_empty=False, default_name='data')
        self.label = _init_data(label, allow_empty=True, default_name='softmax_label')
        self.rng, self.left = np.random.RandomState(seed), 3
        self.provide_data = [DataDesc(k, (batch_size,) + v.shape[1:], v.dtype) for k, v in self.data]
        self.provide_label = [DataDesc(k, (batch_size,) + v.shape[1:], v.dtype) for k, v in self.label]
    def next(self):
        if not self.left:
            raise StopIteration
        self.left -= 1
        rows = self.rng.randint(0, self.data[0][1].shape[0], self.batch_size)
        take = lambda named: [array(v.asnumpy()[rows]) for _, v in named]
        return DataBatch(take(self.data), take(self.label), 0, None)

batches = list(Bootstrap({'b': np.ones((4, 2)), 'a': np.zeros((4, 3))}, np.arange(4)))
assert [d.shape for d in batches[0].data] == [(2, 3), (2, 2)]
assert len(batches) == 3 and _as_list('x') == ['x'] and isinstance('x', string_types)
assert _DTYPE_NP_TO_MX[batches[0].data[0].dtype] == 0
print(concatenate([b.label[0] for b in batches]).shape and 'done')
"""

STAR_IMPORTS = """
from mxnet.test_utils import *
from mxnet.metric import *
from mxnet.initializer import *

@register
@alias('half')
class Half(Initializer):
    def _init_weight(self, name, arr):
        arr[:] = 0.5

shape = rand_shape_2d()
x = rnd.uniform(-1, 1, size=shape).astype(np.float32)
symbol = mx.sym.square(mx.sym.Variable('x'))
check_symbolic_forward(symbol, [x], [x ** 2])
check_symbolic_backward(symbol, [x], [np.ones(shape)], [2 * x])
assert same(x, array(x).asnumpy()) and os.path.sep and time.time() and json.dumps([1])
weights = mx.nd.zeros((2,))
mx.init.create('half')(mx.init.InitDesc('fc_weight'), weights)
assert_almost_equal(weights.asnumpy(), np.full(2, 0.5))
default_context() == Context('cpu')
print('done')
"""

METRICS = """
import numpy, math
from mxnet import metric
from mxnet.metric import EvalMetric, check_label_shapes, string_types, numeric_types

@metric.register
@metric.alias('iou', 'jaccard')
class IntersectionOverUnion(EvalMetric):
    def __init__(self, name='iou'):
        super().__init__(name)
    def update(self, labels, preds):
        check_label_shapes(labels, preds)
        for label, pred in zip(labels, preds):
            l, p = label.asnumpy() > 0, pred.asnumpy() > 0.5
            self.sum_metric += (l & p).sum() / (l | p).sum()
            self.num_inst += 1

import mxnet as mx
for name in ('iou', 'Jaccard', 'intersectionoverunion'):
    made = mx.metric.create(name)
    made.update([mx.nd.array([1, 0, 1])], [mx.nd.array([0.9, 0.8, 0.7])])
    assert math.isclose(made.get()[1], 2 / 3)
print('done')
"""

CAPABILITIES = """
import os
import mxnet as mx
try:
    from mxnet.runtime import Features
    has_gpu = Features().is_enabled('CUDA') and mx.context.num_gpus() > 0
except ImportError:
    has_gpu = False
try:
    from mxnet.libinfo import find_lib_path, find_include_path
    libraries = find_lib_path()
except RuntimeError:
    libraries = []
assert libraries == [] and isinstance(has_gpu, bool)
from mxnet.util import use_np_shape, is_np_shape
@use_np_shape
def inside():
    return is_np_shape()
assert inside() and not is_np_shape()
with mx.engine.bulk(20):
    total = sum(mx.nd.ones((2,)) for _ in range(3))
assert [int(part) for part in mx.__version__.split('.')] >= [1, 0]
print('done')
"""

TRAINING = """
import logging
import numpy as np
import mxnet as mx
from mxnet import model, kvstore as kvs
from mxnet.model import BatchEndParam, save_checkpoint, load_checkpoint, DataParallelExecutorManager
from mxnet.executor_manager import _check_arguments
from mxnet.optimizer import get_updater
from mxnet.optimizer.optimizer import SGD, Optimizer, Updater

data = mx.sym.Variable('data')
net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(data, num_hidden=2, name='fc'), name='softmax')
_check_arguments(net)
rng = np.random.RandomState(0)
x = rng.rand(40, 3).astype('f'); y = (x[:, 0] > 0.5).astype('f')
train = mx.io.NDArrayIter(x, y, batch_size=20)
arguments = net.list_arguments()
params = [n for n in arguments if n not in ('data', 'softmax_label')]
manager = DataParallelExecutorManager(net, [mx.cpu()], train, arguments, params, [])
shapes = dict(zip(arguments, net.infer_shape(data=(20, 3))[0]))
values = {n: mx.nd.zeros(shapes[n]) for n in params}
mx.init.Xavier()(mx.init.InitDesc('fc_weight'), values['fc_weight'])
manager.set_params(values, {})
updater = get_updater(SGD(learning_rate=1.0, rescale_grad=1 / 20))
metric = mx.metric.create('acc')
for epoch in range(60):
    train.reset(); metric.reset()
    for nbatch, batch in enumerate(train):
        manager.load_data_batch(batch)
        manager.forward(is_train=True)
        manager.backward()
        for i, (weight, grad) in enumerate(zip(manager.param_arrays, manager.grad_arrays)):
            updater(i, grad[0], weight[0])
        manager.update_metric(metric, batch.label)
        BatchEndParam(epoch=epoch, nbatch=nbatch, eval_metric=metric, locals=locals())
assert metric.get()[1] > 0.9, metric.get()
manager.copy_to(values, {})
save_checkpoint('saved', 1, net, values, {})
assert sorted(load_checkpoint('saved', 1)[1]) == sorted(params)
from mxnet.kvstore_server import KVStoreServer
KVStoreServer(kvs.create('local')).run()
print('done')
"""


@pytest.mark.parametrize(
    "program",
    [LOADER, ITERATOR, STAR_IMPORTS, METRICS, CAPABILITIES, TRAINING],
    ids=["loader", "iterator", "star_imports", "metrics", "capabilities", "training"],
)
def test_program_runs_to_its_end(program, tmp_path):
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "program.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": HERE},
    )
    assert done.stdout == "done\n", done.stderr


def test_a_library_of_c_is_called_with_mxnets_types():
    from mxnet.base import c_array, c_str, mx_int

    libc = ctypes.CDLL(None)
    assert libc.strlen(c_str("four")) == 4
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(mx_int), ctypes.POINTER(mx_int))
    numbers = c_array(mx_int, [3, 1, 2])
    libc.qsort(numbers, 3, ctypes.sizeof(mx_int), compare(lambda a, b: a[0] - b[0]))
    assert list(numbers) == [1, 2, 3]
