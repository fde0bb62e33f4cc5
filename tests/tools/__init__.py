"""Programs beside the tests; each has a session."""
