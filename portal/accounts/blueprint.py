"""Where the pages about accounts are registered."""

from flask import Blueprint

pages = Blueprint("accounts", __name__)
