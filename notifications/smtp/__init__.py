"""Send mail through the organisation's relay."""
