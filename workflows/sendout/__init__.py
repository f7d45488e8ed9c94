"""Send approved messages: when, how fast, to whom."""
