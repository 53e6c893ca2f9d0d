"""The graph: operators as values, nodes, graphs, and their text and JSON forms."""
