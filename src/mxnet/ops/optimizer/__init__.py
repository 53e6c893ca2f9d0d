"""The steps of optimizers."""

from mxnet.ops.optimizer import multi_updates as multi_updates
from mxnet.ops.optimizer import updates as updates
