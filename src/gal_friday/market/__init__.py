"""Market data: history, import, store."""
