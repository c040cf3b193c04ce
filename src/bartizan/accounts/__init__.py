"""People, sessions, and the credentials of sensors."""
