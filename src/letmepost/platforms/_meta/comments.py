"""The permission for comments, which a person may refuse while everything else is granted."""

from collections.abc import Iterator
from typing import Any

from letmepost.domain.rules import Finding, PostTarget, Rule, RuleSource

COMMENTS_GRANTED = "comments"
"""The name in the account's data: False if the person has not granted the permission for comments."""


def comment_granted(rule_id: str, *, permission: str, missing: str, source: RuleSource) -> Rule:
    """Return the rule that a first comment requires the permission.

    Args:
        permission: its name, for the summary.
        missing: what the owner of the account has not granted, for the message.
    """

    def find(target: PostTarget[Any]) -> Iterator[Finding]:
        if target.content.first_comment is not None and target.account.data.get(COMMENTS_GRANTED) is False:
            message = f"The account's owner has not granted {missing}."
            yield Finding(field="firstComment", message=message)

    return Rule(
        id=rule_id,
        summary=f"A first comment requires the permission {permission}.",
        remediation="Connect the account again and grant every permission, or remove `firstComment`.",
        source=source,
        find=find,
    )
