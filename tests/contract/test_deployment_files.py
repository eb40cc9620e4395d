"""Properties of the Dockerfile and of docker-compose.yml, read from the files: no container engine is needed."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from letmepost.gateways.media.process import ProcessLimits
from letmepost.platforms import discover
from letmepost.settings import Settings
from letmepost.storage.revisions import MIGRATIONS
from tests.deployment_files import COMPOSE_TEXT, ROOT, VARIABLE, instructions, read_compose, words_of

OWN = {"migrate", "api", "worker", "sandbox"}
SETTINGS = {
    str(field.validation_alias or f"LETMEPOST_{name.upper()}"): field for name, field in Settings.model_fields.items()
}
OF_PLATFORMS = {
    f"LETMEPOST_{name.upper()}_{field.upper()}"
    for name, platform in discover().items()
    for field in platform.settings.model_fields
}
# What docker-compose.yml asks for that the program does not know.
COMPOSE_ONLY = {
    "LETMEPOST_API_DATABASE_PASSWORD",
    "LETMEPOST_PUBLISH",
    "LETMEPOST_SANDBOX_PUBLISH",
    "LETMEPOST_WORKER_DATABASE_PASSWORD",
    "POSTGRES_PASSWORD",
}
SECRET = re.compile("KEY|PASSWORD|SECRET|TOKEN")

COMPOSE = read_compose()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def seconds(duration: str) -> int:
    assert duration.endswith("s")
    return int(duration[:-1])


def gibibytes(size: str) -> int:
    assert size.endswith("g")
    return int(size[:-1])


def test_compose_has_all_services() -> None:
    assert set(SERVICES) == OWN | {"postgres", "valkey"}


@each_service
def test_no_service_can_gain_privileges(service: dict[str, Any]) -> None:
    assert str(service["user"]).partition(":")[0] not in {"", "0", "root"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc"}
    assert not [volume for volume in service.get("volumes", ()) if volume.startswith((".", "/", "~"))]


@each_service
def test_every_service_has_limits_on_memory_and_processes(service: dict[str, Any]) -> None:
    assert gibibytes(service["mem_limit"]) == gibibytes(service["memswap_limit"]) > 0, "swap would exceed the limit"
    assert 0 < service["pids_limit"] <= 512


@pytest.mark.parametrize("name", ["api", "worker"])
def test_media_processes_fit_into_the_memory_of_their_service(name: str) -> None:
    processes = int(re.findall(r":-(\d+)}", SERVICES[name]["environment"]["LETMEPOST_MEDIA_PROCESSES"])[0])
    assert processes * ProcessLimits().memory_bytes < gibibytes(SERVICES[name]["mem_limit"]) * 1024**3


def test_api_has_no_more_processes_than_media_processes() -> None:
    """Each process of the API needs a media process, so more of them would exceed the memory of the service."""
    environment = SERVICES["api"]["environment"]
    names = ("LETMEPOST_SERVE_WORKERS", "LETMEPOST_MEDIA_PROCESSES")
    processes, media_processes = (int(re.findall(r":-(\d+)}", environment[name])[0]) for name in names)
    assert 1 <= processes <= media_processes


@each_service
def test_every_long_running_service_has_a_health_check(service: dict[str, Any]) -> None:
    check = service["healthcheck"]
    if service.get("command") == ["migrate"]:
        assert check == {"disable": True}
        assert service["restart"] == "no"
        return
    from_the_image = service["image"] == "letmepost:local" and words_of("HEALTHCHECK")
    assert check.get("test") or from_the_image
    assert service["restart"] == "unless-stopped"


def test_health_check_of_the_image_uses_the_port_of_the_services() -> None:
    (check,) = words_of("HEALTHCHECK")
    ports = re.findall(r"'127\.0\.0\.1', (\d+)", check)
    assert ports == words_of("EXPOSE") == ["8080"]
    assert "curl" not in check
    assert SERVICES["api"]["ports"][0].endswith(":8080")
    command = SERVICES["sandbox"]["command"]
    assert command[command.index("--port") + 1] == "8080"
    assert SERVICES["api"]["environment"]["LETMEPOST_SANDBOX_URL"] == "http://sandbox:8080"


@each_service
def test_images_are_pinned_by_major_version(service: dict[str, Any]) -> None:
    image, tag = service["image"].split(":")
    if image == "letmepost":
        assert tag == "local"
    else:
        assert re.fullmatch(r"\d+", tag)


def test_one_service_builds_the_image_and_the_others_use_it() -> None:
    assert [name for name, service in SERVICES.items() if "build" in service] == ["migrate"]
    assert {SERVICES[name]["image"] for name in OWN} == {"letmepost:local"}
    assert {SERVICES[name]["user"] for name in OWN} == set(words_of("USER"))


def test_api_and_sandbox_are_published_and_by_default_to_this_machine_only() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "api": ["${LETMEPOST_PUBLISH:-127.0.0.1:8080}:8080"],
        "sandbox": ["${LETMEPOST_SANDBOX_PUBLISH:-127.0.0.1:8090}:8080"],
    }


@pytest.mark.parametrize(
    ("setting", "name"), [("LETMEPOST_PUBLIC_URL", "api"), ("LETMEPOST_SANDBOX_PUBLIC_URL", "sandbox")]
)
def test_default_url_for_browsers_is_the_published_address(setting: str, name: str) -> None:
    [url] = re.findall(r":-http://(.+)}", SERVICES["api"]["environment"][setting])
    assert f":-{url}}}:" in SERVICES[name]["ports"][0]


def test_sandbox_and_stores_are_reachable_by_their_clients_only() -> None:
    members = {
        network: {name for name, service in SERVICES.items() if network in service["networks"]}
        for network in COMPOSE["networks"]
    }
    assert members["sandbox"] == {"api", "worker", "sandbox"}
    assert members["stores"] == {"postgres", "valkey", "migrate", "api", "worker"}
    assert members["outside"] == {"api", "worker"}
    assert members["browsers"] == {"sandbox"}
    assert COMPOSE["networks"]["sandbox"] == COMPOSE["networks"]["stores"] == {"internal": True}


def test_sandbox_cannot_connect_to_the_internet() -> None:
    """A port is published only on a network that is not internal. Without masquerading no reply finds its way back."""
    assert COMPOSE["networks"]["browsers"] == {
        "driver_opts": {"com.docker.network.bridge.enable_ip_masquerade": "false"}
    }


def test_every_secret_is_required_and_the_message_says_how_to_make_it() -> None:
    for found in VARIABLE.finditer(COMPOSE_TEXT):
        if SECRET.search(found["name"]):
            assert found["rest"] == ":?run 'make secrets'", found[0]


def test_every_variable_of_compose_is_known() -> None:
    asked = {found["name"] for found in VARIABLE.finditer(COMPOSE_TEXT)}
    assert asked <= SETTINGS.keys() | COMPOSE_ONLY
    assert asked >= COMPOSE_ONLY


@pytest.mark.parametrize("name", sorted(OWN))
def test_every_variable_of_a_service_is_known(name: str) -> None:
    service = SERVICES[name]
    assert service["environment"].keys() <= SETTINGS.keys() | OF_PLATFORMS | {"TMPDIR"}
    assert not [value for value in service["environment"].values() if isinstance(value, bool | float)]


@pytest.mark.parametrize("name", ["api", "worker"])
def test_every_setting_can_be_set(name: str) -> None:
    # In the image; for migrate only; for the sandbox only.
    elsewhere = {"LETMEPOST_MEDIA_DIR", "LETMEPOST_MIGRATION_DATABASE_URL", "LETMEPOST_SANDBOX_API_URL"}
    elsewhere |= {
        "api": {"LETMEPOST_ALIVE_FILE", "LETMEPOST_SANDBOX_LINK_KEY", "LETMEPOST_WORKER_DATABASE_URL"},
        "worker": {"LETMEPOST_OPERATOR_TOKEN", "LETMEPOST_SANDBOX_TOKEN"},
    }[name]
    environment = SERVICES[name]["environment"]
    assert SETTINGS.keys() - environment.keys() == elsewhere
    assert environment.keys() >= OF_PLATFORMS
    assert {environment[variable] for variable in OF_PLATFORMS} == {None}, "the value comes from .env"


def test_no_service_reads_the_whole_env_file() -> None:
    """It contains the secrets of every service."""
    assert not [name for name, service in SERVICES.items() if "env_file" in service]


def test_settings_of_platforms_are_given_to_api_and_worker_only() -> None:
    holders = {name for name, service in SERVICES.items() if service.get("environment", {}).keys() & OF_PLATFORMS}
    assert holders == {"api", "worker"}


def test_operator_token_is_given_to_the_api_only() -> None:
    assert {name for name, service in SERVICES.items() if "LETMEPOST_OPERATOR_TOKEN" in json.dumps(service)} == {"api"}


def test_sandbox_token_is_given_to_api_and_sandbox_only() -> None:
    holders = {name for name, service in SERVICES.items() if "LETMEPOST_SANDBOX_TOKEN" in json.dumps(service)}
    assert holders == {"api", "sandbox"}


def test_key_of_page_links_is_given_to_worker_and_sandbox_only() -> None:
    holders = {name for name, service in SERVICES.items() if "LETMEPOST_SANDBOX_LINK_KEY" in json.dumps(service)}
    assert holders == {"worker", "sandbox"}


def test_migrate_gets_only_databases_and_what_every_command_requires() -> None:
    required = {name for name, field in SETTINGS.items() if field.is_required()}
    databases = {"LETMEPOST_MIGRATION_DATABASE_URL", "LETMEPOST_WORKER_DATABASE_URL"}
    assert SERVICES["migrate"]["environment"].keys() == required | databases


def test_password_of_the_superuser_is_given_to_migrate_only() -> None:
    holders = {name for name, service in SERVICES.items() if "POSTGRES_PASSWORD" in json.dumps(service)}
    assert holders == {"postgres", "migrate"}
    assert "LETMEPOST_MIGRATION_DATABASE_URL" in SERVICES["migrate"]["environment"]
    assert "//postgres:" not in SERVICES["api"]["environment"]["DATABASE_URL"]


def test_login_role_of_the_worker_is_given_to_worker_and_migrate_only() -> None:
    holders = {name for name, service in SERVICES.items() if "LETMEPOST_WORKER_DATABASE" in json.dumps(service)}
    assert holders == {"worker", "migrate"}
    urls = [SERVICES["worker"]["environment"][name] for name in ("DATABASE_URL", "LETMEPOST_WORKER_DATABASE_URL")]
    assert [re.findall("//([^:]+):", url) for url in urls] == [["letmepost_api"], ["letmepost_worker"]]


def test_sandbox_gets_only_its_own_secrets() -> None:
    environment = SERVICES["sandbox"]["environment"]
    secrets = {"LETMEPOST_SANDBOX_LINK_KEY", "LETMEPOST_SANDBOX_TOKEN"}
    assert environment.keys() == {*secrets, "LETMEPOST_SANDBOX_API_URL"}
    assert environment["LETMEPOST_SANDBOX_API_URL"] == "http://api:8080"
    assert "--open-pages" not in SERVICES["sandbox"]["command"]


def test_api_and_worker_share_the_media_directory() -> None:
    media_dir = dict(word.split("=") for word in " ".join(words_of("ENV")).split())["LETMEPOST_MEDIA_DIR"]
    for name in ("api", "worker"):
        assert SERVICES[name]["volumes"] == [f"media:{media_dir}"]
    made = next(words for words in words_of("RUN") if "useradd" in words)
    assert {media_dir, "/data/sandbox"} <= set(made.split())


def test_stop_timeout_exceeds_the_grace_period() -> None:
    assert SETTINGS["LETMEPOST_SHUTDOWN_GRACE_S"].default < seconds(SERVICES["worker"]["stop_grace_period"])
    assert SERVICES["worker"]["init"] is True


def test_make_secrets_writes_the_required_variables(tmp_path: Path) -> None:
    command = ["make", "--file", str(ROOT / "Makefile"), "secrets", f"PYTHON={sys.executable}"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    written = tmp_path / ".env"
    first = written.read_text(encoding="utf-8")
    made = dict(line.split("=", 1) for line in first.splitlines())
    assert [path.name for path in tmp_path.iterdir()] == [".env"]
    assert written.stat().st_mode & 0o777 == 0o600
    assert made.keys() == {found["name"] for found in VARIABLE.finditer(COMPOSE_TEXT) if SECRET.search(found["name"])}
    known = {name.removeprefix("LETMEPOST_").lower(): value for name, value in made.items() if name in SETTINGS}
    Settings.model_validate({"DATABASE_URL": "postgresql://", "REDIS_URL": "redis://", **known})
    for name in ("POSTGRES_PASSWORD", "LETMEPOST_API_DATABASE_PASSWORD", "LETMEPOST_WORKER_DATABASE_PASSWORD"):
        assert re.fullmatch(r"[\w-]{43}", made[name]), "it is part of a URL"

    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert written.read_text(encoding="utf-8") == first


def test_make_secrets_adds_missing_variables(tmp_path: Path) -> None:
    written = tmp_path / ".env"
    before = "POSTGRES_PASSWORD=kept\nLETMEPOST_KEYS=k0:kept\nLETMEPOST_PUBLISH=127.0.0.1:9000"  # no newline at the end
    written.write_text(before, encoding="utf-8")
    command = ["make", "--file", str(ROOT / "Makefile"), "secrets", f"PYTHON={sys.executable}"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    after = written.read_text(encoding="utf-8")
    assert after.startswith(before + "\n")
    names = [line.partition("=")[0] for line in after.splitlines()]
    assert len(names) == len(set(names))
    assert {"LETMEPOST_API_DATABASE_PASSWORD", "LETMEPOST_WORKER_DATABASE_PASSWORD"} <= set(names)
    assert written.stat().st_mode & 0o777 == 0o600


def test_make_secrets_completes_a_copy_of_the_example(tmp_path: Path) -> None:
    """The example names required secrets without a value."""
    written = tmp_path / ".env"
    written.write_text((ROOT / ".env.example").read_text(encoding="utf-8"), encoding="utf-8")
    command = ["make", "--file", str(ROOT / "Makefile"), "secrets", f"PYTHON={sys.executable}"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    lines = [line for line in written.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    values = dict(line.split("=", 1) for line in lines)
    assert len(lines) == len(values), "a variable is set twice"
    assert all(values[found["name"]] for found in VARIABLE.finditer(COMPOSE_TEXT) if SECRET.search(found["name"]))


def test_image_is_built_from_pinned_dependencies_and_runs_without_privileges() -> None:
    stages = {words.split()[-1] for words in words_of("FROM") if " AS " in words}
    bases = {words.split()[0] for words in words_of("FROM")} - stages
    assert all(re.fullmatch(r"python:3\.\d+-slim", base) for base in bases)
    assert re.fullmatch(r"([1-9]\d{3,}):\1", words_of("USER")[-1])
    # The last USER instruction determines the user.
    order = [name for name, _ in instructions()]
    assert "RUN" not in order[order.index("USER") :]
    assert json.loads(words_of("ENTRYPOINT")[-1]) == ["letmepost"]
    assert isinstance(json.loads(words_of("CMD")[-1]), list)


def test_packages_are_installed_by_hash_and_as_wheels() -> None:
    installs = [words for words in words_of("RUN") if words.startswith("pip ")]
    assert [words.split()[-1] for words in installs] == ["requirements/runtime.txt", "requirements/docs.txt"]
    for install in installs:
        for option in ("--require-hashes", "--no-deps", "--only-binary :all:", "--requirement requirements/"):
            assert option in install


def test_image_contains_no_secrets() -> None:
    assert not words_of("ADD")
    assert not [words for words in words_of("ENV") + words_of("ARG") if SECRET.search(words)]
    copied = {word for words in words_of("COPY") if "--from=" not in words for word in words.split()[:-1]}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in ignored if line and not line.startswith("#")]
    assert patterns[0] == "*"
    allowed = {pattern[1:] for pattern in patterns if pattern.startswith("!")}
    requirements = {"requirements/docs.txt", "requirements/runtime.txt"}
    sources = {"CHANGELOG.md", "clients/python/src/", "docs/", "mkdocs.yml", "src/"}
    assert allowed == {"LICENSE", "alembic.ini", "migrations/"} | requirements | sources
    assert copied == allowed


def test_image_has_the_layout_of_the_source_tree() -> None:
    """`letmepost migrate` looks for the migrations beside the package's source."""
    assert MIGRATIONS == ROOT / "migrations"
    client = "clients/python/src/"
    assert {"src/ src/", "migrations/ migrations/", f"{client} {client}"} <= set(words_of("COPY"))
    assert any("PYTHONPATH=/app/src:/app/clients/python/src" in words for words in words_of("ENV"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, function = project["scripts"]["letmepost"].partition(":")
    (script,) = [words for words in words_of("RUN") if "/venv/bin/letmepost" in words]
    assert rf"from {module} import {function}\n\n{function}()\n" in script


@pytest.mark.parametrize("name", ["docs", "runtime", "dev", "uv"])
def test_every_requirement_has_a_version_and_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    options = re.findall(r"^\s*(--?[a-z-]+)", text, flags=re.MULTILINE)
    assert set(options) == {"--hash"}, "options such as an index are not allowed"
    blocks = re.sub(r"^\s*#.*\n?", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    assert blocks
    for block in filter(None, map(str.strip, blocks)):
        assert re.match(r"[a-z0-9-]+(\[[a-z,-]+\])?==[\w.+!]+ ", block), block[:80]
        assert re.search(r" --hash=sha256:[0-9a-f]{64}", block), block[:80]


def test_tests_use_the_deployed_versions() -> None:
    pins = {
        name: dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements" / name).read_text(), flags=re.MULTILINE))
        for name in ("runtime.txt", "dev.txt")
    }
    assert pins["runtime.txt"].items() <= pins["dev.txt"].items()
