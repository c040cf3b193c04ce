"""Bytes to Transaction: one file per format, detection, shared grammars. Pure and total."""
