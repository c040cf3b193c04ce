"""One module per audit log format; none knows another."""
