"""The HTTP API: what other services do, as JSON below /api/v1."""
