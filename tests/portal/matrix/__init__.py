"""Every route of the portal, tried by every kind of person in one installation."""
