"""One suite for all stores: what a contract promises, every implementation must keep."""
