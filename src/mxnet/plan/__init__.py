"""From a graph with known shapes to a plan (steps, lifetimes, bytes) and a program (generated Python)."""
