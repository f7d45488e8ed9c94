"""Subscribe and unsubscribe people, one at a time or by import."""
