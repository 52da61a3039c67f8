"""Two families of errors, by who is to blame; everything else is a bug.

`Refused`: the law or the lifecycle says no, or what was given is wrong. Shown to the user with the
clause, counted, never paged. `Fault`: the world failed (reader gone, vault busy, disk full); says whether
to try again. Messages are whole Chinese sentences that say what is wrong and what to do.
"""

from __future__ import annotations


class Refused(Exception):
    """The answer is no. `code` is stable for machines, `clause` is the article as printed, `status` is HTTP's."""

    status = 409

    def __init__(self, message: str, *, code: str = "refused", clause: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.clause = clause


class BadInput(Refused):
    """What was given cannot be read or is wrong; nothing of it was taken.

    `where` names the place as a person finds it (file, sheet, line, column), `remedy` says what to do.
    """

    status = 422

    def __init__(self, message: str, *, where: str = "", remedy: str = "", code: str = "bad-input") -> None:
        parts = [f"{where}：{message}" if where else message, remedy]
        super().__init__("；".join(part for part in parts if part), code=code)
        self.where = where
        self.remedy = remedy


class NotYours(Refused):
    """Unknown and forbidden answer alike, so that nobody learns what is there by asking."""

    status = 404

    def __init__(self, message: str = "没有找到，或者不属于您的单位。请核对编号后重试。") -> None:
        super().__init__(message, code="not-yours")


class Fault(Exception):
    """The world failed; nothing half-done remains. `retry` says whether trying again can help."""

    def __init__(self, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.retry = retry
