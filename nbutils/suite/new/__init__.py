"""The skeleton of a new notebook: its package, its test and the notebook itself, executed once."""
