"""Hand messages to the mail relay."""
