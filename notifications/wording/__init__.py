"""Sentences that letters and pages share, in each language."""
