"""The Python client in an environment of its own; `make test-install` runs these tests."""
