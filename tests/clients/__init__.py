"""The clients of other services, as those use them."""
