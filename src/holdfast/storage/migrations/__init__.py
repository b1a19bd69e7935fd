"""The migrations: one frozen script a revision, run in order by `holdfast.storage.migrating`.

A new script takes the next number and only goes forward: `docs/decisions` says why.
"""
