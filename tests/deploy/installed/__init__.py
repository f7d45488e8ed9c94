"""Install Listgate as the runbook and the Dockerfile do; `make test-install` runs these tests."""
