"""Pages for approvers: what waits, one request, the mailed link."""
