"""What can happen to a request and to a process, for doubles of networks."""

from enum import StrEnum


class Killed(BaseException):
    """The process has crashed."""


class Way(StrEnum):
    """The outcome of a request. Each double supports some of them."""

    WELL = "well"
    NOT_SENT = "not sent"
    LOST_BEFORE = "lost before it was executed"
    LOST_AFTER = "executed, and the response is lost"
    LATE = "executed when its sender has given up already"
    KILLED = "executed, and the process crashes before it receives the response"
    REFUSED = "400, not executed"
    REVOKED = "401, not executed"
    TOKEN_DEAD = "the token could not be refreshed, not executed"
    THROTTLED = "429, not executed"
    BROKEN = "500, not executed"
    BROKEN_AFTER = "500, executed"
    AWAY = "503, not executed"
    UNREADABLE = "executed, and the success says nothing"
    HALF = "a half of the bytes is stored"
    FORGETFUL = "the server has lost every byte of the session"
    EXPIRED = "the session has expired"

    @property
    def is_executed(self) -> bool:
        """Return True if the request is executed before its sender stops waiting."""
        return self in _EXECUTED

    @property
    def status(self) -> int | None:
        """Return the status of the response; None if that depends on the request, or if there is no response."""
        return _STATUSES.get(self)


_EXECUTED = frozenset({Way.WELL, Way.LOST_AFTER, Way.KILLED, Way.BROKEN_AFTER, Way.UNREADABLE, Way.HALF})
_STATUSES = {
    Way.REFUSED: 400,
    Way.REVOKED: 401,
    Way.THROTTLED: 429,
    Way.BROKEN: 500,
    Way.BROKEN_AFTER: 500,
    Way.AWAY: 503,
}
