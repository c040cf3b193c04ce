"""Transaction to Transaction: client address, place, CRS facts, category, verdict."""
