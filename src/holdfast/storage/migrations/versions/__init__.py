"""The scripts, by number. Alembic loads them; nothing imports them."""
