"""The usual moves of a delivery are compared in the trigger's condition, without a function call.

A sendout moves each of its rows twice, in sets.  Every other move asks `legal_move`, as before.
"""

from alembic import op

revision = "0018_moves_in_sets"
down_revision = "0017_span"


def upgrade() -> None:
    op.execute("""
        drop trigger delivery_born on delivery;
        create trigger delivery_born before insert on delivery
        for each row when (new.state is distinct from 'pending')
        execute function refuse_illegal_move();

        drop trigger delivery_moved on delivery;
        create trigger delivery_moved before update of state on delivery
        for each row when (
            old.state is distinct from new.state
            and not (old.state = 'pending' and new.state = 'sending')
            and not (old.state = 'sending' and new.state = 'sent')
        )
        execute function refuse_illegal_move();
    """)
