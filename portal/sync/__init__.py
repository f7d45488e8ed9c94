"""Pages about pushes to the list server."""
