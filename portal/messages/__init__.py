"""Pages for authors: write, follow and steer messages."""
