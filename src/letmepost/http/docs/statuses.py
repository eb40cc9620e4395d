"""The page of a post's statuses: every change, its event, and when an unsettled post is checked again."""

from letmepost.domain.posts import EXITS, TRANSITIONS, UNSETTLED, PostStatus
from letmepost.http.docs.layout import DocumentPage, prose, table

_INTRO = (
    "<p>The response to a request waits until every post is settled. A canceled draft cannot be retried, because no "
    "request has published it.</p>"
)


def statuses_page() -> DocumentPage:
    """Return the page."""
    rows: list[tuple[str, ...]] = [
        (
            f"<code>{cause}</code>",
            ", ".join(f"<code>{source}</code>" for source in sorted(transition.sources)),
            f"<code>{transition.target}</code>",
            f"<code>{transition.event}</code>" if transition.event else "",
            _settled(transition.target),
        )
        for cause, transition in TRANSITIONS.items()
    ]
    listed = table(("Cause", "From", "To", "Event", "Settled"), rows)
    exits = table(
        ("Status", "Checked again", "Then"),
        [(f"<code>{status}</code>", prose(way.deadline), prose(way.decision)) for status, way in EXITS.items()],
    )
    body = f"{_INTRO}{listed}<h2>When an unsettled post is checked again</h2>{exits}"
    return DocumentPage("Statuses of a post", body)


def _settled(status: PostStatus) -> str:
    if status is PostStatus.QUEUED:
        return "if scheduled"
    return "no" if status in UNSETTLED else "yes"
