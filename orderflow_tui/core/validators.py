"""What the core refuses."""

from __future__ import annotations


class DataValidationError(ValueError):
    """Data or a setting that is refused.

    Attributes:
        code: The stable word for the reason, e.g. `LEVEL2_STALE` or `CONFIG_INVALID`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
