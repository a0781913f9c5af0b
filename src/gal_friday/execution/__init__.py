"""Orders, their states and the protection of positions."""
