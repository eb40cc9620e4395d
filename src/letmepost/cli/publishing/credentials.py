"""The address of the API and the API key: from the environment, or from the file that `letmepost login` writes."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from letmepost.cli.output import fail
from letmepost.domain.api_keys import Mode

URL_VARIABLE = "LETMEPOST_URL"
KEY_VARIABLE = "LETMEPOST_API_KEY"
"""The client reads the same variables."""
DIRECTORY_VARIABLE = "LETMEPOST_CONFIG_DIR"
DEFAULT_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key, and the server that it is sent to."""

    url: str
    key: str

    @property
    def mode(self) -> Mode | None:
        """Return the mode of the key; None if it has another prefix."""
        return next((mode for mode in Mode if self.key.startswith(mode.key_prefix)), None)

    def __repr__(self) -> str:
        return f"Credentials(url={self.url!r})"


def find_credentials(environment: Mapping[str, str]) -> Credentials:
    """Return the credentials. A variable of the environment wins over the file. Exit if there is no API key."""
    stored = load_credentials(environment)
    url = environment.get(URL_VARIABLE) or (stored.url if stored else DEFAULT_URL)
    key = environment.get(KEY_VARIABLE, "").strip()
    if not key and stored is not None:
        if stored.url.rstrip("/") != url.rstrip("/"):
            fail(
                f"The stored API key is for {stored.url}, but {URL_VARIABLE} is {url}. "
                f"Set {KEY_VARIABLE} too, or run `letmepost login`."
            )
        key = stored.key
    if not key:
        fail(f"There is no API key. Run `letmepost login`, or set {KEY_VARIABLE}.")
    found = Credentials(url, key)
    if found.mode is None:
        place = KEY_VARIABLE if environment.get(KEY_VARIABLE) else credentials_file(environment)
        fail(f"The API key in {place} does not begin with lmp_test_ or lmp_live_. Copy it again.")
    return found


def credentials_file(environment: Mapping[str, str]) -> Path:
    """Return the path of the file, in the configuration directory of this platform."""
    if directory := environment.get(DIRECTORY_VARIABLE):
        return Path(directory) / "credentials.json"
    from platformdirs import user_config_path

    return user_config_path("letmepost", appauthor=False) / "credentials.json"


def load_credentials(environment: Mapping[str, str]) -> Credentials | None:
    """Return what the file contains; None if it does not exist. Exit if it cannot be read."""
    path = credentials_file(environment)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Credentials(str(content["url"]), str(content["apiKey"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        fail(f"Cannot read {path}. Run `letmepost login` to replace it.")


def store_credentials(environment: Mapping[str, str], credentials: Credentials) -> Path:
    """Write the file so that only its owner can read it, in one step; return its path.

    Raises:
        OSError: it cannot be written.
    """
    path = credentials_file(environment)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    content = json.dumps({"url": credentials.url, "apiKey": credentials.key}, indent=2)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content + "\n")
        draft.replace(path)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    return path


def delete_credentials(environment: Mapping[str, str]) -> bool:
    """Delete the file. Return False if there was none."""
    try:
        credentials_file(environment).unlink()
    except FileNotFoundError:
        return False
    return True
