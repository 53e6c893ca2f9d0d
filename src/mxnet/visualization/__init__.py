"""Pictures and tables of networks, ``mx.viz``."""

from mxnet.historic import lend
from mxnet.visualization.explore import explore
from mxnet.visualization.plot import plot_network
from mxnet.visualization.summary import print_summary

__all__ = ["explore", "plot_network", "print_summary"]

lend(__name__)
