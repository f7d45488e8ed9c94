"""Row ids in URLs: `/users/<id:user_id>`."""

from werkzeug.routing import IntegerConverter, Map

from models.ids import MAX_ID


class RowId(IntegerConverter):
    """A number that a bigint key can have; a URL with a larger one is not found (404)."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=MAX_ID)
