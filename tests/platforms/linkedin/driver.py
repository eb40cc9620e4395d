"""A worker with accounts on LinkedIn."""

from dataclasses import dataclass

from letmepost.platforms.connecting import ConnectedAccount
from letmepost.platforms.contract import Platform
from letmepost.platforms.linkedin import PLATFORM
from tests.doubles.worker import Worker


@dataclass
class Driver(Worker):
    """A worker, and LinkedIn."""

    platform: Platform = PLATFORM

    def connect_pages(self) -> tuple[ConnectedAccount, ...]:
        """Connect a member with two pages who consented on the consent page."""
        return self.exchange(self.consent("pages")["code"])
