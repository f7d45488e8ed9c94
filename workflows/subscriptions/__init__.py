"""Subscribe and unsubscribe people, one by one or by importing a file."""
