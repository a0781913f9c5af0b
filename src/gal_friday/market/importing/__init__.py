"""From market-data files of many forms to exact bars: detection, parsing, checks."""
