"""Letters, the channels that carry them, and the replies and bounces that come back."""
