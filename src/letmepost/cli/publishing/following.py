"""Follows the event stream until the command is stopped."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from letmepost.cli.publishing.failures import hint
from letmepost.cli.publishing.session import CommandSession

if TYPE_CHECKING:
    from letmepost_client.models import Event


def follow_events(
    session: CommandSession, types: Sequence[str] | None, position: str | None, handle: "Callable[[Event], None]"
) -> None:
    """Handle events as they happen, until Ctrl-C. At the end, print the position to continue from.

    Args:
        types: only events of these types; None follows all.
        position: of the event to start after; None starts with the next event.

    Raises:
        ApiError: the server rejected the request.
        ConnectionFailed: the server could not be reached at the beginning, or later for about a minute.
    """
    session.client.me()  # at the beginning, the stream would try for a minute to reach a server
    with session.client.events.stream(types=types, last_event_id=position) as stream:
        try:
            for event in stream:
                handle(event)
        except KeyboardInterrupt:
            pass
        finally:
            if stream.last_event_id is not None:
                hint(f"To continue after the last event, pass --from {stream.last_event_id}.")
