"""The old place of ``mx.nd.contrib``: this name stands for that very module."""

import sys

from mxnet.ndarray import contrib

sys.modules[__name__] = contrib
