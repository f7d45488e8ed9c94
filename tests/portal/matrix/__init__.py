"""Every route of the portal, every kind of person, and the installation they are tried in."""
