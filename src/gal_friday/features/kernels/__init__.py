"""The packaged feature kinds: every file here with a `KIND` or `KINDS` is in the catalogue."""
