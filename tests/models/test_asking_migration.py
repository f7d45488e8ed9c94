"""Migration 0021: to a list that exists, everyone with an account writes as before."""

from alembic import command
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from models import ListKind, MailingList, User, WhoMayAsk, schema
from tests.databases import new_database
from workflows.moderation.asking import may_write


def test_lists_that_exist_keep_who_writes_without_a_cap_and_who_sends_alone() -> None:
    with new_database() as url, create_engine(url, poolclass=NullPool).begin() as connection:
        command.upgrade(schema.alembic_config(connection), "0020_rights_per_list")
        connection.execute(
            text(
                'insert into "user" (address, address_key, name, created_at)'
                " values ('edsger@example.org', 'edsger@example.org', 'Edsger', now())"
            )
        )
        for kind in ListKind:
            connection.execute(
                text(
                    "insert into mailing_list (short_name, address, address_key, name, created_at,"
                    " description, kind, delivery, four_eyes)"
                    " values (:kind, :kind || '@example.org', :kind || '@example.org', :kind,"
                    " now(), '', :kind, 'members', true)"
                ),
                {"kind": kind.value},
            )

        schema.upgrade(connection)

        with Session(connection) as session:
            edsger = session.scalars(select(User)).one()
            lists = session.scalars(select(MailingList)).all()
            kept = {
                one.kind: (one.who_may_ask, one.max_open_requests, one.second_person)
                for one in lists
            }
            assert kept == dict.fromkeys(ListKind, (WhoMayAsk.ACCOUNTS, 0, False))
            assert all(may_write(session, edsger, one) for one in lists)
