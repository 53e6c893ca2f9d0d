"""What is paid before the second step: binding, compiling and the first run, in a new process each time."""

from workloads import Workload

WORKLOADS = [
    Workload("resnet-50-bind", "resnet-50", "inference", 1, "first"),
    Workload("resnet-50-training-bind", "resnet-50", "gradient", 16, "first"),
    Workload("resnet-152-bind", "resnet-152", "inference", 1, "first"),
    # Compilers take half an hour for as many nodes.
    Workload("lstm-13000-nodes-bind", "lstm-long", "gradient", 8, "first", ("symbolic",)),
    Workload("start-up", "lenet", "gradient", 64, "start-up", ("symbolic",)),
]
