"""Pages about other services that act here."""
