"""Remember and find: the contracts, the in-memory model and the SQL stores."""
