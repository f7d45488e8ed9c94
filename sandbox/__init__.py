"""Servers from wheels, a test mailbox, a fake phone network, and the demo, on one machine."""
