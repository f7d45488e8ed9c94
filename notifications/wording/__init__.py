"""Sentences that several letters and pages share, in each language."""
