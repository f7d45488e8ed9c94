"""Absences of approvers, their deputies, and for whom a deputy decided."""

from alembic import op

revision = "0022_absences"
down_revision = "0021_asking"


def upgrade() -> None:
    op.execute("""
        create table absence (
            id bigint generated always as identity primary key,
            user_id bigint not null references "user",
            from_at timestamptz not null,
            until_at timestamptz not null,
            zone text not null,
            deputy_id bigint references "user",
            due_at timestamptz,
            constraint absence_order_check check (from_at < until_at),
            constraint absence_other_check check (deputy_id <> user_id)
        );
        create index on absence (user_id, until_at);
        create index on absence (deputy_id, until_at) where deputy_id is not null;
        create index on absence (due_at) where due_at is not null;

        alter table decision add column for_id bigint references "user";
    """)
