"""Checks of the environment variables alone."""

from collections.abc import Mapping
from datetime import date
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, ValidationError

from letmepost.cli.configuration import complaints, variable
from letmepost.cli.doctor.results import CheckResult, broken, ok, warning
from letmepost.platforms.contract import Platform
from letmepost.services.tenants.version_notices import NOTICE_DAYS
from letmepost.settings import Settings, platform_settings

_SECRET_MIN_CHARS = 16
_GUESSED_FIRST = {"", "postgres", "password", "letmepost"}


def check_settings(given: Mapping[str, str]) -> tuple[Settings | None, list[CheckResult]]:
    """Return the settings, or a result for each variable that is missing or invalid."""
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        remedy = "Correct it; .env.example explains every setting."
        return None, [broken("settings", complaint, remedy) for complaint in complaints(error)]
    return settings, [ok("settings", "All settings are valid.")]


def check_spelling(environment: Mapping[str, str], platforms: Mapping[str, Platform]) -> list[CheckResult]:
    """Warn about variables that no setting reads: a misspelled one has no effect."""
    known = {variable(str(field.validation_alias or name)) for name, field in Settings.model_fields.items()}
    for name, platform in platforms.items():
        known |= {variable(f"{name}_{field}") for field in platform.settings.model_fields}
    unknown = sorted(name for name in environment if name.startswith("LETMEPOST_") and name not in known)
    remedy = "Correct the name, or remove the variable."
    return [warning("spelling", f"{name} is not a setting of this release.", remedy) for name in unknown]


def check_public_url(settings: Settings) -> CheckResult:
    """Check that callers, and people who connect accounts, can open the URLs in responses."""
    url = urlsplit(str(settings.public_url))
    remedy = "Set LETMEPOST_PUBLIC_URL to the https address that callers use."
    if is_loopback(url.hostname or ""):
        return warning("public_url", f"{settings.public_url} can only be reached from this machine.", remedy)
    if url.scheme != "https":
        return broken("public_url", f"{settings.public_url} would send API keys in clear text.", remedy)
    return ok("public_url", f"Callers use {settings.public_url}")


def check_secrets(settings: Settings) -> list[CheckResult]:
    """Check that secrets cannot be guessed."""
    token = settings.sandbox_token
    found = []
    if token is not None and len(token.get_secret_value()) < _SECRET_MIN_CHARS:
        message = f"LETMEPOST_SANDBOX_TOKEN has fewer than {_SECRET_MIN_CHARS} characters."
        found.append(broken("secrets", message, "Set a random token, both here and for the sandbox."))
    for name, url in {
        "DATABASE_URL": settings.database_url,
        "LETMEPOST_WORKER_DATABASE_URL": settings.worker_database_url,
    }.items():
        if url is not None and urlsplit(url.get_secret_value()).password in _GUESSED_FIRST:
            message = f"The password in {name} is easy to guess."
            found.append(warning("secrets", message, "Give the role a random password."))
    return found or [ok("secrets", f"{len(settings.keys)} sealing key(s); no secret is short.")]


def check_private_addresses(settings: Settings) -> list[CheckResult]:
    """Check that callers cannot make this server call its own network."""
    is_here = is_loopback(urlsplit(str(settings.public_url)).hostname or "")
    if not settings.allow_private_addresses or is_here:
        return []
    message = "Callers can make this server call private addresses."
    return [broken("private_addresses", message, "Remove LETMEPOST_ALLOW_PRIVATE_ADDRESSES, which is for development.")]


def check_platforms(
    environment: Mapping[str, str], platforms: Mapping[str, Platform], public_url: AnyHttpUrl
) -> list[CheckResult]:
    """Check that each platform has the credentials that it needs."""
    return [_check_platform(environment, platform, public_url) for platform in platforms.values()]


def _check_platform(environment: Mapping[str, str], platform: Platform, public_url: AnyHttpUrl) -> CheckResult:
    check = f"platform.{platform.name}"
    try:
        settings = platform_settings(environment, {platform.name: platform})[platform.name]
    except ValidationError as error:
        problems = "; ".join(complaints(error, f"{platform.name}_"))
        return broken(check, problems, "Correct it; .env.example explains every setting.")
    wanted = platform.settings.credentials()
    if not wanted:
        return ok(check, f"{platform.title} needs no credentials of its own.")
    missing = [variable(f"{platform.name}_{name}") for name in wanted if getattr(settings, name) is None]
    redirect_uri = f"{str(public_url).rstrip('/')}/v1/accounts/oauth/{platform.name}/callback"
    if len(missing) == len(wanted):
        remedy = f"To enable it, set {', '.join(missing)}, and register {redirect_uri} as the redirect URI."
        return warning(check, f"{platform.title} is not enabled.", remedy)
    if missing:
        remedy = "Set all credentials of the platform, or none."
        return broken(check, f"{platform.title} also needs {', '.join(missing)}.", remedy)
    return ok(check, f"{platform.title} has its credentials. Its redirect URI is {redirect_uri}")


def check_versions(environment: Mapping[str, str], platforms: Mapping[str, Platform], today: date) -> list[CheckResult]:
    """Check that the API versions of the enabled platforms work, and will work for a while."""
    found = []
    for platform in platforms.values():
        try:
            settings = platform_settings(environment, {platform.name: platform})[platform.name]
        except ValidationError:
            continue  # check_platforms reports it
        pinned = platform.configured(settings)
        if pinned.api_version is not None and all(getattr(settings, name) for name in settings.credentials()):
            found.append(_check_version(pinned, platform.api_version, today))
    return found


def _check_version(pinned: Platform, tested: str | None, today: date) -> CheckResult:
    check, name = f"version.{pinned.name}", f"Version {pinned.api_version} of {pinned.title}'s API"
    remedy = f"Set {variable(f'{pinned.name}_api_version')} to a newer version, or update letmepost."
    if pinned.sunset is not None and pinned.sunset <= today:
        return broken(check, f"{name} stopped working on {pinned.sunset}.", remedy)
    if pinned.sunset is not None and (pinned.sunset - today).days <= max(NOTICE_DAYS):
        return warning(check, f"{name} stops working on {pinned.sunset}.", remedy)
    if pinned.api_version != tested:
        return ok(check, f"{name} is set. This release was tested with {tested}.")
    return ok(check, f"{name} has {'no announced end' if pinned.sunset is None else f'an end on {pinned.sunset}'}.")


def is_loopback(host: str) -> bool:
    """Return True if only this machine can reach a host."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
