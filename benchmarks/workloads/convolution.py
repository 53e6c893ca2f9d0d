"""Single convolutions of all kinds, forward, and with the gradients of data, filters and bias."""

from networks import CONVOLUTIONS
from workloads import Workload

WORKLOADS = [
    Workload(f"{name}-{what}", name, mode, 1, backends=("symbolic",), tolerance=1e-4)
    for name in CONVOLUTIONS
    for what, mode in (("forward", "inference"), ("training", "gradient"))
]
