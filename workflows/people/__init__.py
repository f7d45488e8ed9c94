"""Manage users: accounts, roles, addresses, removal."""
