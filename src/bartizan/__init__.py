"""Bartizan: the home for WAF audit logs. docs/architecture.md says how the packages relate."""

__version__ = "0.1.0"
