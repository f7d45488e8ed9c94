"""The voice: letters, channels, and a message as it will be sent."""
