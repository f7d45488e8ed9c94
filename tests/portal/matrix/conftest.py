"""The portal of the matrix counts no guesses and no letters."""

from collections.abc import Iterator

import pytest

from portal.web.throttle import limiter


@pytest.fixture(autouse=True, scope="module")
def unthrottled() -> Iterator[None]:
    """Let a module send more than a person may."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limiter, "enabled", False)
        yield
