"""Retention: what is too old or too much leaves, in small steps, and never what is protected."""
