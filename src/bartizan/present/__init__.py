"""What people and programs see: API v1, the console, the live feed."""
