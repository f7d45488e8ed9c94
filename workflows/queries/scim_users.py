"""Find the people that a SCIM filter matches (RFC 7644, 3.4.2.2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scim2_models import InvalidFilterException
from scim2_models.path import (
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)
from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from models import Act, ActsFor, AuditEntry, ExternalId, Invalid, Service, User
from models.addresses import typed_key
from models.ids import row_id

# Marks a sentence for pybabel; it is translated when it is answered.
_ = str

# The label of a person's one address, which is their primary one.
ADDRESS_TYPE = "work"

# The acts that change what a provider reads of a person.
CHANGES: Final = (
    Act.CHANGED_ADDRESS,
    Act.CHANGED_CONTACT,
    Act.DISABLED_USER,
    Act.ENABLED_USER,
    Act.NAMED_USER,
)
# SQL: when a person was added or last changed; greatest() leaves out null.
CHANGED_AT: Final = func.greatest(
    User.created_at,
    select(func.max(AuditEntry.at))
    .where(AuditEntry.about_id == User.id, AuditEntry.act.in_(CHANGES))
    .correlate(User)
    .scalar_subquery(),
)


@dataclass(frozen=True)
class Found:
    """A person, the service's own key for them, and when they were added or last changed."""

    person: User
    key: str | None
    changed_at: datetime


def people_matching(
    session: Session, service: Service, matching: FilterNode | None, *, offset: int, limit: int
) -> tuple[int, Sequence[Found]]:
    """Return how many people the service may see match the filter, and a page of them by id.

    Raises InvalidFilterException for a filter that is not supported.
    """
    own = and_(ExternalId.service_id == service.id, ExternalId.user_id == User.id)
    everyone = service.acts_for is not ActsFor.OWN
    where = Condition().visit(matching) if matching else true()
    query = (
        select(User, ExternalId.key, CHANGED_AT)
        .join(ExternalId, own, isouter=everyone)
        .where(User.removed_at.is_(None), where)
    )
    whole = query.with_only_columns(User.id).subquery()
    total = session.scalar(select(func.count()).select_from(whole)) or 0
    rows = session.execute(query.order_by(User.id).offset(offset).limit(limit))
    return total, [Found(*row) for row in rows]


def changed_at(session: Session, person: User) -> datetime:
    """Return when the person was added or last changed."""
    at: datetime = session.scalars(select(CHANGED_AT).where(User.id == person.id)).one()
    return at


class Condition(FilterVisitor[ColumnElement[bool]]):
    """Translate a filter to SQL: `eq` on a few attributes, joined by `and` and `or`."""

    def visit_comparison(self, node: Comparison) -> ColumnElement[bool]:
        """Translate a comparison such as `userName eq "ada@example.org"`."""
        return compared(node, f"{node.attr_path.attr}.{node.attr_path.sub_attr or 'value'}")

    def visit_logical_expr(self, node: LogicalExpr) -> ColumnElement[bool]:
        """Translate a conjunction or a disjunction."""
        terms = [self.visit(term) for term in node.terms]
        return and_(*terms) if node.op is LogicalOperator.and_ else or_(*terms)

    def visit_value_path(self, node: ValuePath) -> ColumnElement[bool]:
        """Translate `emails[type eq "work" and value eq "ada@example.org"]`."""
        inner = node.val_filter
        terms = inner.terms if isinstance(inner, LogicalExpr) else (inner,)
        conjunction = not isinstance(inner, LogicalExpr) or inner.op is LogicalOperator.and_
        if not conjunction or not all(isinstance(term, Comparison) for term in terms):
            raise unsupported()
        return and_(
            *(
                compared(term, f"{node.attr_path.attr}.{term.attr_path.attr}")
                for term in terms
                if isinstance(term, Comparison)
            )
        )

    def visit_not(self, node: Not) -> ColumnElement[bool]:  # noqa: ARG002 (the library's)
        """Refuse a negation."""
        raise unsupported()

    def visit_present(self, node: Present) -> ColumnElement[bool]:  # noqa: ARG002
        """Refuse a test of presence."""
        raise unsupported()


def compared(node: Comparison, attribute: str) -> ColumnElement[bool]:
    """Return the condition that an attribute equals a value; raise InvalidFilterException."""
    condition = COMPARED.get(attribute.lower())
    if condition is None or node.op is not CompareOperator.eq or node.value is None:
        raise unsupported()
    text = str(node.value)
    return condition(text) if is_storable(text) else false()


def is_storable(text: str) -> bool:
    """Whether a row can have the text: PostgreSQL takes no NUL, and UTF-8 no lone surrogate."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def unsupported() -> InvalidFilterException:
    """Return the refusal of a filter."""
    return InvalidFilterException(
        detail=_(
            "Supported are eq on userName, emails.value, externalId, id and active, "
            "joined by and, or."
        )
    )


def has_address(text: str) -> ColumnElement[bool]:
    """SQL: the person has this address, in any spelling."""
    try:
        return User.address_key == typed_key(text)
    except Invalid:
        return false()


def has_key(text: str) -> ColumnElement[bool]:
    """SQL: the service has given the person this key."""
    return ExternalId.key == text


def has_id(text: str) -> ColumnElement[bool]:
    """SQL: the person has this id."""
    number = row_id(text) if text.isascii() else None
    return User.id == number if number else false()


def is_active(text: str) -> ColumnElement[bool]:
    """SQL: the person is enabled, or disabled."""
    return User.disabled_at.is_(None) if text.lower() == "true" else User.disabled_at.is_not(None)


def has_type(text: str) -> ColumnElement[bool]:
    """SQL: the address has this label."""
    return true() if text.lower() == ADDRESS_TYPE else false()


def is_primary(text: str) -> ColumnElement[bool]:
    """SQL: the address is the primary one."""
    return true() if text.lower() == "true" else false()


# By attribute and sub-attribute in lower case; a simple attribute is its own value.
COMPARED: dict[str, Callable[[str], ColumnElement[bool]]] = {
    "username.value": has_address,
    "emails.value": has_address,
    "emails.type": has_type,
    "emails.primary": is_primary,
    "externalid.value": has_key,
    "id.value": has_id,
    "active.value": is_active,
}
