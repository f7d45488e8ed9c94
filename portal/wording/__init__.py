"""Wording that several pages share, in the reader's language."""
