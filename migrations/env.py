"""Alembic's environment; it imports nothing of Listgate, so that old migrations keep working.

The caller (models/schema.py) passes the connection, the metadata and the lock timeout.
"""

from alembic import context

given = context.config.attributes
connection = given["connection"]
context.configure(connection=connection, target_metadata=given["metadata"])
with context.begin_transaction():
    # If two hosts migrate at the same time, the second waits and then finds nothing to do.
    connection.exec_driver_sql("select pg_advisory_xact_lock(hashtext('listgate.migrate'))")
    connection.exec_driver_sql(f"set local lock_timeout = '{given['lock_timeout']}'")
    context.run_migrations()
