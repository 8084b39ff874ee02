"""Alembic's entry: run the migrations on the connection that the store hands over."""

from alembic import context

from llmops_workbench.core.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
# The store holds the transaction, so that an upgrade is made whole or not at all.
context.run_migrations()
