"""API v1: one file per subject. docs/api.md is its contract."""
