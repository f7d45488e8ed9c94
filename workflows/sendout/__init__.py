"""Send approved messages: time, rate, recipients."""
