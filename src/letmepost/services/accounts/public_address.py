"""Where browsers reach this deployment."""

from letmepost.domain.api_keys import Mode
from letmepost.domain.errors import PlatformNotEnabled


class PublicAddress:
    """`is_set`: the operator has said it, and it is not only what a single machine would use."""

    def __init__(self, url: str, *, is_set: bool) -> None:
        self._url = url.rstrip("/")
        self._is_set = is_set

    @property
    def is_encrypted(self) -> bool:
        """Whether browsers speak to it by TLS: only then do they keep a cookie for it alone."""
        return self._url.startswith("https://")

    def for_browsers(self, mode: Mode) -> str:
        """The address, without a slash at its end. A test world may be on the browser's own machine.

        Raises:
            PlatformNotEnabled: nobody has said it.
        """
        if not self._is_set and mode is Mode.LIVE:
            raise PlatformNotEnabled(
                "This deployment does not know its own address, so no platform could send anybody back.",
                rule="connect.public_url",
                remediation="Ask the operator to set LETMEPOST_PUBLIC_URL.",
            )
        return self._url
