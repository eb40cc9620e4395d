"""An account's token: it is refreshed and checked."""

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import check_account
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms._meta.long_lived import LongLivedTokens
from letmepost.platforms.connecting import Credential
from letmepost.platforms.threads.api import read_me
from letmepost.platforms.threads.replies import explain
from letmepost.platforms.threads.settings import ThreadsSettings

TOKENS = LongLivedTokens(prefix="th", explain=explain)


def refresh(_account: AccountFacts, settings: ThreadsSettings) -> Flow[Credential]:
    """Return a token for another 60 days."""
    return (yield from TOKENS.refresh(settings.api_url))


def check(account: AccountFacts, settings: ThreadsSettings) -> Flow[None]:
    """Check which account the token belongs to.

    Raises:
        PlatformFailure: auth_failed if the token has expired.
    """
    yield from check_account(read_me(settings), read_id, account, explain, "Threads")
