"""Alembic's entry; it imports nothing of ours, so that old migrations never break.

The caller (models/schema.py) passes the connection and the metadata.
"""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=context.config.attributes["metadata"])
with context.begin_transaction():
    # Two hosts that migrate at the same time: the second waits, and finds the work done.
    connection.exec_driver_sql("select pg_advisory_xact_lock(hashtext('listgate.migrate'))")
    context.run_migrations()
