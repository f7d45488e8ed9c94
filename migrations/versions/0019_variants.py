"""Messages split into variants."""

from alembic import op

revision = "0019_variants"
down_revision = "0018_moves_in_sets"


def upgrade() -> None:
    op.execute("""
        alter table message
            drop constraint message_messagestate_check,
            add constraint message_messagestate_check check (state in (
                'draft', 'in_moderation', 'rejected', 'scheduled', 'sending', 'sent', 'stopped',
                'discarded', 'variant'
            )),
            add column variant_of_id bigint references message,
            add column share bigint,
            add column share_unit varchar(32)
                constraint message_shareunit_check check (share_unit in ('percent', 'copies')),
            add column rest_at timestamptz,
            add column winner_id bigint references message,
            add constraint message_variant_check
                check (variant_of_id is null or state = 'variant');
        create index on message (variant_of_id) where variant_of_id is not null;
        insert into legal_move (entity, origin, target) values
            ('message', 'draft', 'variant'),
            ('message', 'variant', 'draft');

        alter table dispatch
            add column winner_id bigint references message,
            add column winner_asked_at timestamptz,
            add column rest_began_at timestamptz;
        alter table delivery
            add column variant_id bigint references message,
            add column person_id bigint references "user";

        -- Older code would send every recipient of a split message the same content.
        update installation set serves_from = '0019_variants';
    """)
