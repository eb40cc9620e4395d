"""URLs that browsers open: the deployment's own, and those that they may return to after a consent."""

from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import AnyHttpUrl, TypeAdapter, ValidationError

from letmepost.domain import refusals
from letmepost.domain.api_keys import Mode
from letmepost.domain.sizes import URL_MAX_CHARS

_LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})
_URL = TypeAdapter(AnyHttpUrl)


class PublicAddress:
    """The URL of this deployment. `is_set`: the operator has set it; it is not the default of a single machine."""

    def __init__(self, url: str, *, is_set: bool) -> None:
        self._url = url.rstrip("/")
        self._is_set = is_set

    @property
    def is_encrypted(self) -> bool:
        """True if browsers connect by TLS. Only then do they keep cookies with a `__Host-` prefix."""
        return self._url.startswith("https://")

    def for_browsers(self, mode: Mode) -> str:
        """Return the URL without a trailing slash. In test mode, the default is accepted.

        Raises:
            PlatformNotEnabled: the mode is live, and the operator has not set the URL.
        """
        if not self._is_set and mode is Mode.LIVE:
            raise refusals.connect.PUBLIC_URL()
        return self._url


class ReturnUrls:
    """The allowed return URLs. `origins`: allowed for every organization, in the form of `origin_of`."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origins)

    def check(self, text: str, field: str, mode: Mode, origins: Iterable[str]) -> str:
        """Return the URL as browsers read it.

        Args:
            text: the URL to check.
            field: the name of the URL in the request.
            mode: in test mode, loopback addresses are always allowed.
            origins: the origins that the organization allows in addition.

        Raises:
            InvalidRequest: the text is not a plain URL, or its origin is not allowed.
        """
        url = _parse(text)
        if url is None:
            raise refusals.connect.URL_FORMAT(field=field)
        origin = _origin(url)
        is_own_machine = mode is Mode.TEST and url.scheme == "http" and url.host in _LOOPBACK
        if not (is_own_machine or origin in self._origins or origin in set(origins)):
            raise refusals.connect.RETURN_URL(origin=origin)
        return str(url)


def origin_of(text: str) -> str:
    """Return the origin in the form in which origins are compared: `https://app.example.com`.

    Raises:
        ValueError: the text is not an http(s) origin, or contains more than an origin.
    """
    url = _parse(text)
    if url is None or url.path not in {None, "/"} or url.query is not None:
        message = f"{text!r} is not an origin such as https://app.example.com"
        raise ValueError(message)
    return _origin(url)


def with_query(url: str, *added: tuple[str, str]) -> str:
    """Return the URL with the parameters added to its query. They replace parameters of the same names."""
    parts = urlsplit(url)
    names = {name for name, _ in added}
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in names]
    return urlunsplit(parts._replace(query=urlencode([*kept, *added])))


def _parse(text: str) -> AnyHttpUrl | None:
    """Parse a URL by the rules of browsers, so that browsers open what was checked; None if it is not plain."""
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
