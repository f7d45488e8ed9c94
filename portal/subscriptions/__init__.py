"""Pages for members: the lists to join and leave."""
