"""Alembic's environment; it imports nothing of Listgate, so that old migrations keep working.

The caller (models/schema.py) passes the connection and the metadata.
"""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=context.config.attributes["metadata"])
with context.begin_transaction():
    # If two hosts migrate at the same time, the second waits and then finds nothing to do.
    connection.exec_driver_sql("select pg_advisory_xact_lock(hashtext('listgate.migrate'))")
    # A migration that waits for a table makes all who come after it wait: it gives up instead, and
    # the operator repeats it.
    connection.exec_driver_sql("set local lock_timeout = '5s'")
    context.run_migrations()
