"""The worker: spool, decode, enrich, store, with retry and catch-up."""
