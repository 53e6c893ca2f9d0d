"""Single operators that loop over boxes and points: they are to take no longer than MXNet's.

Those that pool regions are run with their gradients, too, where MXNet has them on a CPU.
"""

from operators import OPERATORS
from workloads import Workload

POOLING = ("roi-pooling", "roi-align", "roi-align-2", "psroi-pooling")

WORKLOADS = [Workload(name, name, "inference", 1, backends=("symbolic",)) for name in OPERATORS]
WORKLOADS += [Workload(f"{name}-gradient", name, "gradient", 1, backends=("symbolic",)) for name in POOLING]
