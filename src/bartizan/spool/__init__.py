"""The durable queue of undecoded entries, and the dead letters."""
