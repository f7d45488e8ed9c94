"""The doors: where people, mail servers and other services come in."""
