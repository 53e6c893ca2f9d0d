"""The old place of ``mx.sym.contrib``: this name stands for that very module."""

import sys

from mxnet.symbol import contrib

sys.modules[__name__] = contrib
