"""Moderate: ask for approval, decide, remind, escalate, expire."""
