"""What the system asks of an exchange."""
