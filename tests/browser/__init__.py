"""The portal as people see it: real programs, a real browser."""
