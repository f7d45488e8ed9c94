"""Read and write RFC 5322 messages."""
