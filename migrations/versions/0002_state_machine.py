"""State machine: PostgreSQL refuses every INSERT and state UPDATE that is not in `legal_move`."""

import sqlalchemy as sa
from alembic import op

revision = "0002_state_machine"
down_revision = "0001_schema"

# {table: {state: next states}}; None is the origin of a new row.
MOVES = {
    "message": {
        None: ["draft"],
        "draft": ["in_moderation", "scheduled", "discarded"],
        "in_moderation": ["scheduled", "rejected", "draft"],
        "scheduled": ["sending", "draft"],
        "sending": ["sent", "stopped"],
    },
    "moderation_request": {
        None: ["open"],
        "open": ["decided", "withdrawn", "expired"],
    },
    "notification": {
        None: ["pending"],
        "pending": ["sent", "failed", "moot"],
        "sent": ["delivered", "failed"],
    },
    "dispatch": {
        None: ["waiting"],
        "waiting": ["sending", "recalled"],
        "sending": ["sent", "stopped"],
    },
    "delivery": {
        None: ["pending"],
        "pending": ["sending"],
        "sending": ["sent", "failed", "uncertain", "pending"],
    },
    "sync": {
        None: ["pending"],
        "pending": ["running"],
        "running": ["done", "pending", "held"],
        "held": ["pending"],
    },
    "inbound_mail": {
        None: ["received"],
        "received": ["handled", "stuck"],
        "stuck": ["received"],
    },
}


def upgrade() -> None:
    op.execute("""
        create table legal_move (
            entity text not null,
            origin text,
            target text not null,
            unique nulls not distinct (entity, origin, target)
        )
    """)
    op.get_bind().execute(
        sa.text("insert into legal_move values (:entity, :origin, :target)"),
        [
            {"entity": table, "origin": origin, "target": target}
            for table, moves in MOVES.items()
            for origin, targets in moves.items()
            for target in targets
        ],
    )
    op.execute("""
        create function refuse_illegal_move() returns trigger language plpgsql as $$
        declare
            before text := case tg_op when 'UPDATE' then old.state end;
        begin
            if not exists (
                select from legal_move
                where entity = tg_table_name
                  and origin is not distinct from before
                  and target = new.state
            ) then
                raise exception '% may not move from % to %',
                    tg_table_name, coalesce(before, 'nothing'), new.state
                    using errcode = 'check_violation';
            end if;
            return new;
        end $$
    """)
    for table in MOVES:
        op.execute(f"""
            create trigger {table}_born before insert on {table}
            for each row execute function refuse_illegal_move();

            create trigger {table}_moved before update of state on {table}
            for each row when (old.state is distinct from new.state)
            execute function refuse_illegal_move();
        """)
