"""Default roles: three for a new database; administrators can edit them."""

from alembic import op

revision = "0004_default_roles"
down_revision = "0003_append_only_audit"


def upgrade() -> None:
    op.execute("""
        insert into role (name, rights) values
            ('administrator', '{402,404,601,605,618,2000,2001,2309,2310,2311,2312}'),
            ('sender', '{404,601,605,618}'),
            ('author', '{404,605,618}')
    """)
