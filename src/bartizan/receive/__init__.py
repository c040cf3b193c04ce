"""HTTP in: one file per sender dialect, sensor authentication, limits, the verdict table."""
