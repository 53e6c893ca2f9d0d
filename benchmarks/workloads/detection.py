"""Single operators that loop over boxes and points: they are to take less than three times MXNet's time."""

from operators import OPERATORS
from workloads import Workload

WORKLOADS = [Workload(name, name, "inference", 1, backends=("symbolic",)) for name in OPERATORS]
