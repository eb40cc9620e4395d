"""Where a person's browser may be sent: nowhere that the operator has not named."""

from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import AnyHttpUrl, TypeAdapter, ValidationError

from letmepost.domain.api_keys import Mode
from letmepost.domain.errors import InvalidRequest

URL_MAX_CHARS = 2048
_LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})
_URL = TypeAdapter(AnyHttpUrl)


class ReturnUrls:
    """What every organization may use. `origins` as `origin_of` spells them."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origins)

    def check(self, text: str, field: str, mode: Mode, origins: Iterable[str]) -> str:
        """The URL as browsers read it.

        Args:
            field: what it is called in the request.
            mode: in test mode a person's own machine needs no permission.
            origins: what the organization may use besides.

        Raises:
            InvalidRequest: it is no plain URL, or its origin is not allowed.
        """
        url = _parse(text)
        if url is None:
            raise InvalidRequest(
                f"{field} is not an http(s) URL without a user name and a fragment.",
                rule=field,
                remediation="Send an absolute URL such as https://app.example.com/connected.",
            )
        origin = _origin(url)
        is_own_machine = mode is Mode.TEST and url.scheme == "http" and url.host in _LOOPBACK
        if not (is_own_machine or origin in self._origins or origin in set(origins)):
            raise InvalidRequest(
                f"Browsers may not be sent to {origin} from here.",
                rule="connect.return_url",
                remediation="Ask the operator to allow it: LETMEPOST_RETURN_ORIGINS, or the organization's own.",
            )
        return str(url)


def origin_of(text: str) -> str:
    """`https://app.example.com`, as it is compared.

    Raises:
        ValueError: it is more than an origin, or not one of http(s).
    """
    url = _parse(text)
    if url is None or url.path not in {None, "/"} or url.query is not None:
        message = f"{text!r} is not an origin such as https://app.example.com"
        raise ValueError(message)
    return _origin(url)


def with_query(url: str, *added: tuple[str, str]) -> str:
    """The URL with more in its query; what was there under one of these names makes way."""
    parts = urlsplit(url)
    names = {name for name, _ in added}
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in names]
    return urlunsplit(parts._replace(query=urlencode([*kept, *added])))


def _parse(text: str) -> AnyHttpUrl | None:
    """The URL by the rules of browsers, so that they go where we have looked."""
    if len(text) > URL_MAX_CHARS or not text.isascii() or not text.isprintable() or "\\" in text or " " in text:
        return None
    try:
        url = _URL.validate_python(text)
    except ValidationError:
        return None
    is_plain = url.username is None and url.password is None and url.fragment is None and bool(url.host)
    return url if is_plain else None


def _origin(url: AnyHttpUrl) -> str:
    port = "" if url.port in {None, {"http": 80, "https": 443}[url.scheme]} else f":{url.port}"
    return f"{url.scheme}://{url.host}{port}"
