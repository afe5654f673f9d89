"""The generated film that the notebook shows by default."""
