"""The settings that platforms have in common."""

from pydantic import SecretStr

from letmepost.platforms.connecting import PlatformSettings


class AppSettings(PlatformSettings):
    """The credentials of the deployment's OAuth app.

    A platform describes both fields again, because each calls them differently and shows them somewhere else. Where
    every server of a platform issues credentials of its own, an instance of this class holds those of one server.
    """

    client_id: str | None = None
    client_secret: SecretStr | None = None

    def secret(self) -> str:
        """Return the app's secret in plain text, for the calls that authenticate the app."""
        return "" if self.client_secret is None else self.client_secret.get_secret_value()
