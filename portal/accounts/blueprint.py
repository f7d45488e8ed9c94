"""The blueprint of the pages about accounts."""

from flask import Blueprint

pages = Blueprint("accounts", __name__)
