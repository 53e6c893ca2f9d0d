"""mxboard writes arrays and a network for TensorBoard; what it wrote is read back."""

import glob
import os
import tempfile

import mxnet as mx
import numpy as np
from mxboard import SummaryWriter
from mxboard.proto.event_pb2 import Event

random = np.random.RandomState(0)
net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc1")
net = mx.sym.Activation(net, act_type="relu", name="relu1")
net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=2, name="fc2"), name="softmax")

folder = tempfile.mkdtemp()
with SummaryWriter(logdir=folder, flush_secs=1, verbose=False) as writer:
    for step in range(3):
        writer.add_scalar("loss", np.array(1 / (step + 1)), global_step=step)
        writer.add_histogram("weight", mx.nd.array(random.uniform(-1, 1, (5, 4))), global_step=step, bins=4)
    writer.add_image("image", mx.nd.array(random.uniform(0, 1, (2, 3, 8, 8))), global_step=0)
    writer.add_pr_curve(
        "curve", mx.nd.array([0, 1, 1, 0]), mx.nd.array([0.2, 0.9, 0.4, 0.6]), 4, global_step=0
    )
    writer.add_text("text", "a word", global_step=0)
    writer.add_graph(net)


def events(path):
    """Yield the events of a file: each has its length before it, and checksums around it."""
    with open(path, "rb") as file:
        data = file.read()
    start = 0
    while start < len(data):
        length = int.from_bytes(data[start : start + 8], "little")
        event = Event()
        event.ParseFromString(data[start + 12 : start + 12 + length])
        yield event
        start += length + 16


for event in events(glob.glob(os.path.join(folder, "*"))[0]):
    for value in event.summary.value:
        print(event.step, value.tag, round(value.simple_value, 5), np.round(value.histo.bucket, 5))
    if event.graph_def:
        print(sorted(event.graph_def.decode("latin-1").count(name) for name in ("fc1", "relu1", "softmax")))
