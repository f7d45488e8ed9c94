"""Pages for approvers: open requests, one request, the mailed link."""
