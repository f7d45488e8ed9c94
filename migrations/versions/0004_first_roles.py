"""First roles: three that most organisations begin with; administrators edit them."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("""
        insert into role (name, rights) values
            ('administrator', '{402,404,601,605,618,2000,2001,2309,2310,2311,2312}'),
            ('sender', '{404,601,605,618}'),
            ('author', '{404,605,618}')
    """)
