"""Settings, wiring (the only constructor calls) and process roles."""
