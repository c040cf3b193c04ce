"""The worker and its stores, killed and cut off."""
