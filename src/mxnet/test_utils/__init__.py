"""The helpers that users' own tests rely on."""

from __future__ import annotations

from mxnet.historic import lend
from mxnet.test_utils import (
    checking,
    comparing,
    consistency,
    datasets,
    differences,
    randoms,
    sampling,
    surroundings,
)
from mxnet.test_utils.checking import *  # noqa: F403 - MXNet offers all of them here
from mxnet.test_utils.comparing import *  # noqa: F403
from mxnet.test_utils.consistency import *  # noqa: F403
from mxnet.test_utils.datasets import *  # noqa: F403
from mxnet.test_utils.differences import *  # noqa: F403
from mxnet.test_utils.randoms import *  # noqa: F403
from mxnet.test_utils.sampling import *  # noqa: F403
from mxnet.test_utils.surroundings import *  # noqa: F403

__all__ = [
    *checking.__all__,
    *comparing.__all__,
    *consistency.__all__,
    *datasets.__all__,
    *differences.__all__,
    *randoms.__all__,
    *sampling.__all__,
    *surroundings.__all__,
]


lend(__name__)
