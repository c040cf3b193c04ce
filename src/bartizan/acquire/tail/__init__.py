"""Log files followed while they are written: rotated, truncated, compressed, replaced."""
