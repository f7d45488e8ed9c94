"""Pages that show the audit trail."""
