"""Events for other services: signed webhooks, and Redis streams."""
