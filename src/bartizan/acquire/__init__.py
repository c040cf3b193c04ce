"""Files in: serial audit logs, concurrent trees, archives; read with bounded memory."""
