"""Two thousand operators that take next to no time: what an operator costs before it computes anything."""

from workloads import Workload

WORKLOADS = [
    Workload("chain-forward", "chain", "inference", 4),
    Workload("chain-forward-backward", "chain", "gradient", 4),
]
