"""Stochastic variance reduced gradients (Johnson and Zhang, 2013)."""

from mxnet.contrib.svrg_optimization import svrg_module, svrg_optimizer

__all__ = ["svrg_module", "svrg_optimizer"]
