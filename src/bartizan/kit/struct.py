"""The base of all domain values.

A subclass repeats `frozen=True, kw_only=True`: type checkers do not inherit them.
"""

import msgspec


class Struct(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An immutable value with named fields. Holds no cycles, so the collector may ignore it."""
