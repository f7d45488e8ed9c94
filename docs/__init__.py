"""Documentation, and what draws some of it from the code."""
