"""`gunicorn tests.faults.crashing_portal:app`: a portal whose worker dies at a point of a call."""

from portal.app import app
from tests.faults.crashing import install

__all__ = ["app"]

install()
