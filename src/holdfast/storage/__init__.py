"""The database: tables, migrations, and the stores behind the engine's ports."""
