"""One machine, nothing installed: servers, a mailbox, the demo."""
