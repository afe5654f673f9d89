"""Sweeps: one notebook with many parameters, on this machine or a Dask cluster.

`command` reads the command line, `grid` makes the runs, `plan` ties them to a folder (`storage`), `cluster` finds
workers, `conduct` hands the runs out, `task` executes one on a worker and leaves its record (`records`), and `results`
makes the tables and figures from the records. Nothing is imported before it is used.
"""
