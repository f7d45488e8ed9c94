"""Benchmarks of what the README states about speed (`make bench`)."""
