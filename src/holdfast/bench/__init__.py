"""The benchmark: Holdfast beside the limit of the machine, measured in the same run.

`holdfast bench SCENARIO` starts what it measures as users start it, `holdfast serve` in processes
of its own, on a real database that syncs to the disk, and loads it from a cheap client in yet
another process. Each scenario measures its limit, bare SQL by pgbench or a bare loop, before and
after, on the same server and settings, and prints ratios. `scenarios` has one module for each.
"""
