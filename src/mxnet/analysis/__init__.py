"""What can be said about a graph without running it: shapes, dtypes, and its gradient graph."""
