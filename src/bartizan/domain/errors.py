"""The four families of errors that may cross a layer.

Each carries a machine-readable `code`, a human sentence and `where` it happened (a setting's key, a
part letter and offset, a table). No other exception class of ours crosses a layer.
"""


class BartizanError(Exception):
    """Common shape of the four families; never raised itself."""

    def __init__(self, code: str, message: str, where: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where

    def __str__(self) -> str:
        return f"{self.message} ({self.where})" if self.where else self.message


class Refused(BartizanError):  # noqa: N818 - named for what happened, not for being an error
    """The sender's fault and permanent: sending the same again gives the same answer."""


class Unavailable(BartizanError):  # noqa: N818
    """Ours or something behind us, and passing: trying again later is right."""


class Corrupt(BartizanError):  # noqa: N818
    """Data at rest is not what was written."""


class Misconfigured(BartizanError):  # noqa: N818
    """The operator's to fix, told at start or by `bartizan check`."""
