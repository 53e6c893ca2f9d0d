"""Random draws, their densities, and likelihoods."""

from mxnet.ops.random import density as density
from mxnet.ops.random import draws as draws
from mxnet.ops.random import point_process as point_process
