"""Manage mailing lists and approver lists."""
