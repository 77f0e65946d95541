"""What Alembic runs to apply steps; the connection is handed over by ``cds_hooks.migrating``."""

from __future__ import annotations

from alembic import context

from cds_hooks.databases import VERSION_TABLE


def migrate() -> None:
    """Apply the steps on the connection that was handed over, in its transaction."""
    context.configure(
        connection=context.config.attributes["connection"],
        version_table=VERSION_TABLE,
        render_as_batch=True,  # SQLite cannot change a column in place
    )
    context.run_migrations()


# Under this name Alembic loads the file; whoever else imports it wants to look only.
if __name__ == "env_py":
    migrate()
