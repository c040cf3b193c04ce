"""Questions asked by people: lists, one transaction, map summary, live feed."""
