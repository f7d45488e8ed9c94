"""Pages for authors: write, send and follow messages."""
