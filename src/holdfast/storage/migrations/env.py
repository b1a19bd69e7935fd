"""Alembic's entry: runs the scripts on the connection that `migrating` hands over.

The transaction is the caller's, who also commits it.
"""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
)
context.run_migrations()
