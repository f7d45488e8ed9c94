"""Roles are granted everywhere, on one list, or on a set of lists.

Every grant stays what it was: everywhere.
"""

from alembic import op

revision = "0020_rights_per_list"
down_revision = "0019_variants"


def upgrade() -> None:
    op.execute("""
        create table list_set (
            id bigint generated always as identity primary key,
            name text not null unique
        );
        create table list_set_member (
            list_set_id bigint references list_set,
            list_id bigint references mailing_list,
            primary key (list_set_id, list_id)
        );
        create index on list_set_member (list_id);

        alter table user_role
            drop constraint user_role_pkey,
            add column id bigint generated always as identity primary key,
            add column list_id bigint references mailing_list,
            add column list_set_id bigint references list_set,
            add unique nulls not distinct (user_id, role_id, list_id, list_set_id),
            add constraint user_role_one_place_check
                check (list_id is null or list_set_id is null);
        create index on user_role (role_id);
        create index on user_role (list_id);
        create index on user_role (list_set_id);

        alter table role
            drop constraint role_known_check,
            add constraint role_known_check check (
                rights <@ '{402,404,601,605,618,2000,2001,2309,2310,2311,2312,9601}'
            );
        -- A database that is in use keeps its roles as they are.
        update role set rights = shipped.new_rights
        from (values
            ('administrator', '{402,404,601,605,618,2000,2001,2309,2310,2311,2312}'::smallint[],
                '{402,404,601,605,618,2000,2001,2309,2310,2311,2312,9601}'::smallint[]),
            ('sender', '{404,601,605,618}', '{404,601,605,618,9601}'),
            ('author', '{404,605,618}', '{404,618,9601}')
        ) as shipped (name, old_rights, new_rights)
        where role.name = shipped.name and role.rights = shipped.old_rights
            and not exists (select from user_role);
        insert into role (name, rights) values ('owner', '{402,404,605,618,2309,9601}')
        on conflict do nothing;

        -- Older code would take a role that is granted on one list for one that is granted
        -- everywhere.
        update installation set serves_from = '0020_rights_per_list';
    """)
