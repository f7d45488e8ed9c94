"""Push a list's addresses to the list server after a change."""
