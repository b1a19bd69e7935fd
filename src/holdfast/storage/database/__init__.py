"""The way to the database: opening it, transactions, their failures. The only `if postgresql`.

- `database.py`: `Database`, what the rest of Holdfast holds
- `transactions.py`: `WriteTransaction` and `ReadTransaction`
- `options.py`: pool sizes and time limits
- `backend.py`: what the two databases must both be able to do
- `sqlite.py`, `queueing.py`, `memory.py`: SQLite, the line in which its writers wait, and where
  its databases "in memory" are
- `postgresql.py`, `wire.py`: PostgreSQL, and the exchanges that need libpq itself
- `steps.py`: what a flush writes, in the form that each of the two takes
- `constraints.py`: which constraint SQLite's complaint is about
"""

from holdfast.storage.database.backend import DatabaseMisconfigured, Statistics
from holdfast.storage.database.database import Database
from holdfast.storage.database.options import DatabaseOptions
from holdfast.storage.database.transactions import ReadTransaction, WriteTransaction

__all__ = [
    "Database",
    "DatabaseMisconfigured",
    "DatabaseOptions",
    "ReadTransaction",
    "Statistics",
    "WriteTransaction",
]
