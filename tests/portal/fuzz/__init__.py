"""Hostile requests, generated from the forms and links that the portal's own pages show."""
