"""Real servers that tests start for themselves, each on a loopback port of its own."""
