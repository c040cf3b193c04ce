"""Real peers: Apache with mod_security2 and mlogc, MariaDB."""
