"""Pages for members: join and leave lists."""
