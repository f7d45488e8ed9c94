"""What comes in from outside: replies and reports, by mail and SMS."""
