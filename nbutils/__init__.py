"""Notebooks that replicate ML and climate papers on your own model and data."""

import os

# An OpenMP thread that waits for another one spins by default. Beside any other busy process that makes small
# operations many times slower, and it must be said before torch is loaded. GNU's runtime can spin for a moment, which
# is twice as fast on an idle machine as not to spin at all.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
