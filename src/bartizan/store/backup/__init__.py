"""One store into one file and back, by each engine's own means."""
