"""People with exactly these rights."""

from sqlalchemy.orm import Session

from models import Actor, Right, User
from workflows.people import users


def give(session: Session, person: User, *rights: Right) -> None:
    """Give the person exactly these rights."""
    person.roles = [users.define_role(session, "his", rights, actor=Actor.operator())]
    session.flush()
