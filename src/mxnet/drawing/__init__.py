"""Pictures of graphs and plans as SVG, without any other program."""
