"""Small networks trained with their optimizer, where what is between operators counts as much as they do."""

from workloads import Workload

WORKLOADS = [Workload(f"{network}-training-sgd", network, "sgd", 64) for network in ("lenet", "mlp")]
