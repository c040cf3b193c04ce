"""The sensor-side shipper: from files and trees into its own spool, from there to a collector."""
