"""The output and the exit codes of `doctor`."""

from pathlib import Path

from tests.cli.support import environment_of, run
from tests.database import DatabaseURLs


def _environment(urls: DatabaseURLs, redis_url: str, media: Path) -> dict[str, str]:
    return environment_of(
        urls.api, redis_url, LETMEPOST_MEDIA_DIR=str(media), LETMEPOST_PUBLIC_URL="https://api.example.com"
    )


def test_invalid_settings_end_the_checks() -> None:
    examined = run({"LETMEPOST_KEYS": "k1:c2VjcmV0"}, "doctor", "--json")
    assert examined.code == 1
    assert examined.data["ok"] is False
    assert {check["check"] for check in examined.data["checks"]} == {"settings"}
    assert "c2VjcmV0" not in examined.out


def test_broken_part_is_reported_with_its_remedy(tmp_path: Path) -> None:
    environment = environment_of(LETMEPOST_MEDIA_DIR=str(tmp_path))
    result = run(environment, "doctor")
    assert result.code == 1
    assert "broken  database: " in result.out
    assert "→ Start PostgreSQL" in result.out
    examined = run(environment, "doctor", "--json").data
    states = {check["check"]: check["state"] for check in examined["checks"]}
    assert (states["database"], states["redis"]) == ("broken", "broken")
    assert (states["settings"], states["media"]) == ("ok", "ok")
    assert "role" not in states
    assert all(check["remedy"] for check in examined["checks"] if check["state"] != "ok")


def test_warnings_are_not_failures(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> None:
    """No sandbox, an unreachable public URL and a misspelled variable are worth a warning, but no failure."""
    environment = _environment(database_urls, redis_url, tmp_path) | {"LETMEPOST_WORKER_SLOT": "3"}
    examined = run(environment, "doctor", "--json").data
    states = {check["check"]: check["state"] for check in examined["checks"]}
    assert states.pop("worker") in {"ok", "broken"}  # workers of other tests share the Redis
    warned = {name for name, state in states.items() if state == "warning" and not name.startswith("platform.")}
    assert warned == {"sandbox", "spelling", "media_urls", "ipv6"}  # a platform without an app is also a warning
    assert "broken" not in states.values()
    assert {"role", "worker_role", "row_level_security", "connections", "migrations", "clock"} <= set(states)
