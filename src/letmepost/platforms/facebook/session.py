"""An account's credential: the token of a Page, which does not expire and cannot be refreshed."""

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow, Reply
from letmepost.platforms._kit.flows import check_account
from letmepost.platforms._meta.calls import read
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms.connecting import Credential
from letmepost.platforms.facebook.replies import explain
from letmepost.platforms.facebook.settings import FacebookSettings


def check(account: AccountFacts, settings: FacebookSettings) -> Flow[None]:
    """Check that the token is accepted, and belongs to the Page.

    Raises:
        PlatformFailure: auth_failed if the token has ended.
    """
    yield from check_account(read(settings, "me", fields="id,name"), read_id, account, explain, "Facebook")


def refresh(account: AccountFacts, settings: FacebookSettings) -> Flow[Credential]:
    """Check the token, and return a credential that changes nothing: only another consent returns a new token."""
    yield from check(account, settings)
    return Credential(secrets={})


def needs_refresh(_reply: Reply) -> bool:
    """Return False: the token cannot be refreshed."""
    return False
