"""Events for other services."""
