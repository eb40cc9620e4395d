"""The authors that an account may publish as."""

import pytest

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Reply
from letmepost.domain.playback import play
from letmepost.platforms.linkedin.resources import NAMED_MAX, LinkedInAuthors, authors
from tests.doubles.hostile import assert_ends_for_any_reply
from tests.doubles.simulated import facts
from tests.platforms.linkedin.driver import Driver
from tests.platforms.linkedin.transcripts import (
    ACCOUNT,
    MEMBER,
    PAGE,
    SETTINGS,
    refusal,
    response,
)

ANN = response(200, {"sub": "782bbtaQ", "name": "Ann Lee"})
NAMED = response(200, {"localizedName": "Works", "vanityName": "works"})


def shown(account: AccountFacts, *replies: Reply) -> list[tuple[str, str, str | None]]:
    """Return author, kind and name of each author."""
    result = play(authors(account, SETTINGS), *replies).result
    assert isinstance(result, LinkedInAuthors)
    return [(one.author, one.kind, one.name) for one in result.data]


def test_member_and_pages_are_authors() -> None:
    assert shown(ACCOUNT, ANN, NAMED) == [(MEMBER, "member", "Ann Lee"), (PAGE, "page", "Works")]


@pytest.mark.parametrize(
    "reply", [refusal(403, "ACCESS_DENIED"), refusal(404, "NOT_FOUND"), response(200, {"localizedName": 7})]
)
def test_author_without_a_visible_name_is_listed(reply: Reply) -> None:
    """LinkedIn hides a page from a member who has lost the role."""
    assert shown(ACCOUNT, ANN, reply) == [(MEMBER, "member", "Ann Lee"), (PAGE, "page", None)]


def test_names_beyond_the_first_are_not_read() -> None:
    urns = [f"urn:li:organization:{number}" for number in range(NAMED_MAX + 1)]
    account = AccountFacts(platform_account_id=urns[0], handle=None, data={"authors": urns})
    names = [name for _, _, name in shown(account, *[NAMED] * NAMED_MAX)]
    assert names == ["Works"] * NAMED_MAX + [None]


def test_refused_token_is_an_auth_failure() -> None:
    error = play(authors(ACCOUNT, SETTINGS), refusal(401, "REVOKED_ACCESS_TOKEN")).error
    assert isinstance(error, PlatformFailure)
    assert error.kind is FailureKind.AUTH_FAILED


def test_flow_ends_for_any_reply() -> None:
    assert_ends_for_any_reply(lambda: authors(ACCOUNT, SETTINGS), (ANN, NAMED))


def test_simulated_member_has_named_pages() -> None:
    driver = Driver()
    member, *pages = driver.connect_pages()
    found = driver.run(authors(facts(member), driver.settings))
    assert isinstance(found, LinkedInAuthors)
    assert [one.author for one in found.data] == [one.platform_account_id for one in (member, *pages)]
    assert [one.name for one in found.data] == [member.display_name, "Sandbox Works", "Sandbox Labs"]
