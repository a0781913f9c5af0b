"""The commands of `gal-friday`, one file per group."""
