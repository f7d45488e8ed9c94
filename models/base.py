"""What every table has in common: the key, names of constraints, instants with a zone."""

from datetime import datetime
from typing import Annotated, ClassVar

from sqlalchemy import BigInteger, Identity, MetaData, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, mapped_column

identity = Annotated[
    int, mapped_column(BigInteger, Identity(always=True), primary_key=True, sort_order=-1)
]


class Base(DeclarativeBase):
    """The parent of all tables."""

    # Constraints have predictable names, so that a migration can drop those of an earlier one.
    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )
    type_annotation_map: ClassVar = {
        str: Text,
        int: BigInteger,
        datetime: TIMESTAMP(timezone=True),
    }
