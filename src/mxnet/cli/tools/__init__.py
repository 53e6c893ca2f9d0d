"""What commands share: finding models, inputs and their shapes, and how things are printed."""
