"""A language model of two LSTM layers: a cell per step, and one operator for all steps."""

from workloads import Workload

WORKLOADS = [
    Workload(f"lstm-{kind}-training", f"lstm-{kind}", "gradient", 32) for kind in ("unrolled", "fused")
]
