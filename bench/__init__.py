"""Bartizan beside the 2016 recipe rebuilt in PHP, measured side by side in one run."""
