"""What may be configured, and the one manager that loads and validates it."""
