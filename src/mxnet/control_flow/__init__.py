"""Loops and branches as operators, which run graphs of their own with plans and programs as executors do."""

from mxnet.control_flow.operators import Cond, Foreach, WhileLoop

__all__ = ["Cond", "Foreach", "WhileLoop"]
