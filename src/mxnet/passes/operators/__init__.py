"""The operators that only passes put into a graph."""
