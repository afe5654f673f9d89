"""Notebooks that replicate ML and climate papers on your own model and data."""

import os

# An OpenMP thread that waits for another one spins by default. Beside any other busy process that makes small
# operations tens of times slower, and it must be said before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
