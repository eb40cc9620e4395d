"""The commands `webhooks …`."""

import base64
import json
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from letmepost.cli.output import AsJSON
from letmepost.cli.publishing.events import From, Types
from letmepost.cli.publishing.failures import FAILED, hint
from letmepost.cli.publishing.post import PANEL
from letmepost.cli.publishing.session import CommandSession, dump, open_session
from letmepost.cli.wiring import Wiring
from letmepost.domain.signing import SECRET_BYTES, SECRET_PREFIX, signing_secret
from letmepost.gateways.clock import SystemClock

if TYPE_CHECKING:
    from letmepost_client.models import Event

    from letmepost.cli.publishing.forwarding import Delivered, Forwarder

Secret = Annotated[
    str | None, typer.Option(help="Signing secret, whsec_… Default: a new one, which is printed.", show_default=False)
]


def add_webhooks(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the commands `webhooks …`."""
    webhooks = typer.Typer(no_args_is_help=True, help="Webhooks: receive events on this machine, and send examples.")
    cli.add_typer(webhooks, name="webhooks", rich_help_panel=PANEL)
    _add_trigger(webhooks, wiring)

    @webhooks.command(epilog="Example: letmepost webhooks listen --forward-to http://127.0.0.1:3000/webhooks")
    def listen(
        *,
        forward_to: Annotated[str, typer.Option(metavar="URL", help="Where to send each event.")],
        types: Types = None,
        position: From = None,
        secret: Secret = None,
        as_json: AsJSON = False,
    ) -> None:
        """Forward each event to a URL, signed like a webhook, until Ctrl-C. The URL may be on this machine.

        An event is sent once, without retries. The JSON is one line with the secret, and one for each event.
        """
        from letmepost.cli.publishing.following import follow_events
        from letmepost.cli.publishing.forwarding import Forwarder

        url = _read_url(forward_to, "--forward-to")
        signing = _read_secret(secret)
        with open_session(wiring, as_json=as_json) as session, closing(Forwarder(url, signing)) as forwarder:
            _introduce(session, url, signing)
            follow_events(session, types, position, lambda event: _forward(session, forwarder, event))


def _add_trigger(webhooks: typer.Typer, wiring: Wiring) -> None:
    @webhooks.command(
        epilog="Example: letmepost webhooks trigger post.published --to http://127.0.0.1:3000/webhooks --secret whsec_…"
    )
    def trigger(
        event_type: Annotated[str, typer.Argument(metavar="TYPE", help="The type of the event, such as post.failed.")],
        *,
        to: Annotated[str, typer.Option(metavar="URL|ENDPOINT_ID", help="A URL, or the id of a webhook endpoint.")],
        secret: Secret = None,
        data: Annotated[str | None, typer.Option(help="JSON object: fields that replace those of the example.")] = None,
        as_json: AsJSON = False,
    ) -> None:
        """Send a signed example of an event. Exit code 1: it was not accepted with a 2xx status.

        To an endpoint, the service sends the event, signed with the endpoint's secret. To a URL, this command sends it,
        without an API key.
        """
        changes = _read_data(data)
        if to.startswith("whe_"):
            if secret is not None:
                raise typer.BadParameter("The endpoint has a secret of its own.", param_hint="--secret")
            with open_session(wiring, as_json=as_json) as session:
                _trigger_at_endpoint(session, to, event_type, changes)
            return
        _trigger_at_url(_read_url(to, "--to"), event_type, changes, secret, as_json=as_json)


def _introduce(session: CommandSession, url: str, secret: str) -> None:
    session.say_mode()
    if session.as_json:
        session.print_json({"signingSecret": secret, "forwardTo": url})
    else:
        typer.echo(f"Signing secret: {secret}")
        typer.echo(f"Forwarding events to {url}. Ctrl-C stops.")


def _forward(session: CommandSession, forwarder: "Forwarder", event: "Event") -> None:
    if event.id is None:
        return  # progress of an upload, which webhooks do not contain either
    delivered = forwarder.send(dump(event))
    if session.as_json:
        session.print_json({"id": event.id, "type": event.type, **_result(delivered)})
    else:
        color = "green" if delivered.is_accepted else "red"
        typer.secho(f"{event.type}  {event.id}  {delivered}", fg=color)


def _trigger_at_endpoint(session: CommandSession, endpoint_id: str, event_type: str, changes: dict[str, Any]) -> None:
    delivered = session.client.webhook_endpoints.test(endpoint_id, type=event_type, data=changes or None)
    session.show(
        delivered,
        {
            "delivered": delivered.delivered,
            "status": delivered.status,
            "duration": f"{delivered.duration_ms} ms",
            "error": delivered.error_name,
        },
    )
    if not delivered.delivered:
        raise typer.Exit(FAILED)


def _trigger_at_url(url: str, event_type: str, changes: dict[str, Any], secret: str | None, *, as_json: bool) -> None:
    from letmepost.cli.publishing.forwarding import Forwarder
    from letmepost.cli.publishing.samples import sample_event

    signing = _read_secret(secret)
    event = sample_event(event_type, changes)
    with closing(Forwarder(url, signing)) as forwarder:
        delivered = forwarder.send(event)
    if as_json:
        typer.echo(json.dumps({**_result(delivered), "signingSecret": signing, "sentEvent": event}))
    else:
        if secret is None:
            hint(f"Signing secret: {signing}")
        typer.secho(f"{event_type}  {event['id']}  {delivered}", fg="green" if delivered.is_accepted else "red")
    if not delivered.is_accepted:
        raise typer.Exit(FAILED)


def _result(delivered: "Delivered") -> dict[str, Any]:
    return {
        "delivered": delivered.is_accepted,
        "status": delivered.status,
        "durationMs": delivered.duration_ms,
        "error": delivered.problem,
    }


def _read_url(text: str, option: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise typer.BadParameter(f'"{text}" is not a URL that begins with http:// or https://.', param_hint=option)
    return text


def _read_secret(text: str | None) -> str:
    if text is None:
        return signing_secret(SystemClock().entropy(SECRET_BYTES))
    try:
        is_secret = text.startswith(SECRET_PREFIX) and bool(
            base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
        )
    except ValueError:
        is_secret = False
    if not is_secret:
        raise typer.BadParameter("A signing secret is whsec_ followed by base64.", param_hint="--secret")
    return text


def _read_data(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        data = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"This is not JSON: {error}.", param_hint="--data") from None
    if not isinstance(data, dict):
        raise typer.BadParameter("This is not a JSON object.", param_hint="--data")
    return data
