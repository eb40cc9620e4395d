"""The processes of a deployment that connect to the database."""

from enum import StrEnum


class Process(StrEnum):
    """A process that connects to the database, with a login role of its own."""

    API = "api"
    WORKER = "worker"

    @property
    def variable(self) -> str:
        """The environment variable that holds its URL."""
        return {Process.API: "DATABASE_URL", Process.WORKER: "LETMEPOST_WORKER_DATABASE_URL"}[self]
