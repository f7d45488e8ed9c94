"""Inbound mail and SMS: LMTP, the pipe, Twilio's webhooks."""
