"""Send SMS through Twilio."""
