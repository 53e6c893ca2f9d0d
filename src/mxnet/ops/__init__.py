"""All operators, a module per family; importing this package fills the registry."""
