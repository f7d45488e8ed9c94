"""Every route of the portal, every kind of person, and the house they are tried in."""
