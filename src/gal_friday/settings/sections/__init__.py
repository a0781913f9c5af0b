"""One frozen section per room; each owns its units, ranges, defaults and the relations between its keys."""
