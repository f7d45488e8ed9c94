"""Migration 0020: roles that were granted everywhere stay exactly what they were."""

from alembic import command
from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from models import Right, Role, User, schema
from tests.databases import new_database

SHIPPED = {
    "administrator": [402, 404, 601, 605, 618, 2000, 2001, 2309, 2310, 2311, 2312],
    "sender": [404, 601, 605, 618],
    "author": [404, 605, 618],
}
# Everyone's roles; Edsger has none; no one has the role sender.
HELD = {
    "ada": ["author"],
    "grace": ["author", "odd"],
    "barbara": ["administrator"],
    "edsger": [],
}


def test_in_a_database_in_use_everyone_keeps_their_rights_and_roles() -> None:
    with new_database() as url, create_engine(url, poolclass=NullPool).begin() as connection:
        command.upgrade(schema.alembic_config(connection), "0019_variants")
        fill(connection)
        before = rights_before(connection)

        schema.upgrade(connection)

        with Session(connection) as session:
            lists = list(session.scalars(text("select id from mailing_list")))
            for user in session.scalars(select(User)):
                for place in (None, *lists):
                    held = {right.value for right in Right if user.may(right, place)}
                    assert held == before[user.name]
            assert {name: roles(session)[name] for name in SHIPPED} == SHIPPED
            assert roles(session)["owner"] == [402, 404, 605, 618, 2309, 9601]


def test_a_new_database_has_roles_with_the_right_to_write() -> None:
    with new_database() as url, create_engine(url, poolclass=NullPool).begin() as connection:
        schema.upgrade(connection)

        with Session(connection) as session:
            assert roles(session) == {
                "administrator": [*SHIPPED["administrator"], 9601],
                "sender": [404, 601, 605, 618, 9601],
                "author": [404, 618, 9601],
                "owner": [402, 404, 605, 618, 2309, 9601],
            }


def fill(connection: Connection) -> None:
    """Add people, two lists, a role of the organisation's own, and who has which role."""
    connection.execute(text("insert into role (name, rights) values ('odd', '{601,2309}')"))
    for name, held in HELD.items():
        connection.execute(
            text(
                'insert into "user" (address, address_key, name, created_at)'
                " values (:name || '@example.org', :name || '@example.org', :name, now())"
            ),
            {"name": name},
        )
        for role in held:
            connection.execute(
                text(
                    "insert into user_role select u.id, r.id"
                    ' from "user" u, role r where u.name = :name and r.name = :role'
                ),
                {"name": name, "role": role},
            )
    for name in ("announce", "board"):
        connection.execute(
            text(
                "insert into mailing_list (short_name, address, address_key, name, created_at,"
                " description, kind, delivery, four_eyes)"
                " values (:name, :name || '@example.org', :name || '@example.org', :name, now(),"
                " '', 'announcement', 'members', true)"
            ),
            {"name": name},
        )


def rights_before(connection: Connection) -> dict[str, set[int]]:
    """The rights of each person, as the schema of 0019 has them: everywhere."""
    held = text(
        'select u.name, r.rights from "user" u join user_role on user_id = u.id'
        " join role r on r.id = role_id"
    )
    found: dict[str, set[int]] = {name: set() for name in HELD}
    for name, rights in connection.execute(held):
        found[name] |= set(rights)
    return found


def roles(session: Session) -> dict[str, list[int]]:
    """The rights of each role."""
    return {one.name: one.rights for one in session.scalars(select(Role))}
