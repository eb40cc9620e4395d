"""Lists the pages of a member, when they connect and in daily checks.

https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-access-control-by-role
(checked 2026-11-22).
"""

from collections.abc import Callable

from letmepost.domain.flow import Call, Flow
from letmepost.platforms.linkedin.replies import explain
from letmepost.platforms.linkedin.rest import elements, read
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.urns import is_organization

PAGE_SCOPES = ("w_organization_social", "r_organization_social", "rw_organization_admin")

_PAGE_COUNT = 100
_PAGES_MAX = 20


def list_pages(
    settings: LinkedInSettings, authorize: Callable[[Call], Call] = lambda call: call
) -> Flow[tuple[str, ...] | None]:
    """Return the URNs of the organizations that a member administers; None if the app must not read them.

    Args:
        authorize: adds the token of the member. By default, the driver signs the calls for the account.

    Raises:
        PlatformFailure: LinkedIn did not return them.
    """
    urns: dict[str, None] = {}
    for page in range(_PAGES_MAX):
        query = (
            ("q", "roleAssignee"),
            ("role", "ADMINISTRATOR"),
            ("state", "APPROVED"),
            ("start", str(page * _PAGE_COUNT)),
            ("count", str(_PAGE_COUNT)),
        )
        call = authorize(read(settings, "organizationAcls", *query, method="FINDER"))
        reply = yield call
        if reply.status == 403:
            return None
        if not reply.ok:
            raise explain(call, reply)
        found = elements(reply)
        named = (element.get("organization", element.get("organizationTarget")) for element in found)
        urns |= {urn: None for urn in named if is_organization(urn)}
        if len(found) < _PAGE_COUNT:
            break
    return tuple(urns)
