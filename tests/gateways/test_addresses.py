from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from letmepost.domain.errors import NotSent
from letmepost.gateways.address_ranges import Reach, reach_of
from letmepost.gateways.addresses import AddressGuard, AddressPolicy, AddressRefused, read_origin
from tests.gateways.support import DEVELOPMENT, Names

PUBLIC = AddressPolicy()
SANDBOX = read_origin("http://sandbox:9100")


def guard(policy: AddressPolicy = PUBLIC, **names: list[str]) -> AddressGuard:
    return AddressGuard(policy, Names({name.replace("_", "."): [found] for name, found in names.items()}))


PRIVATE = ["10.1.2.3", "127.0.0.1", "127.255.255.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"]
PRIVATE += ["100.127.255.255", "::1", "fc00::1", "fdff::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1"]
PRIVATE += ["64:ff9b::127.0.0.1", "64:ff9b::a00:1"]

NEVER = ["0.0.0.0"]  # noqa: S104 - to be rejected, not bound
NEVER += ["0.1.2.3", "169.254.169.254", "169.254.0.1", "192.0.0.192", "192.0.2.1", "198.51.100.1"]
NEVER += ["203.0.113.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1"]
NEVER += ["255.255.255.255", "168.63.129.16", "100.100.100.200", "::", "fe80::1", "febf::1", "fec0::1", "ff02::1"]
NEVER += ["::127.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0"]
NEVER += ["64:ff9b::169.254.169.254", "64:ff9b:1::1", "64:ff9b:1::808:808", "2001::1", "2001:0:4136:e378::1"]
NEVER += ["2001:10::1", "2001:db8::1", "3fff::1", "2002:7f00:1::", "2002:808:808::1", "100::1", "5f00::1"]
NEVER += ["fd00:ec2::254", "fd20:ce::254", "fe80::1%2", "4000::1"]

ANYBODYS = ["1.1.1.1", "8.8.8.8", "9.255.255.255", "100.63.255.255", "100.128.0.1", "172.32.0.1", "192.0.1.1"]
ANYBODYS += ["2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize(
    ("text", "reach"),
    [(text, Reach.PRIVATE) for text in PRIVATE]
    + [(text, Reach.NEVER) for text in NEVER]
    + [(text, Reach.PUBLIC) for text in ANYBODYS],
)
def test_address_has_its_documented_reach(text: str, reach: Reach) -> None:
    assert reach_of(ip_address(text)) is reach


@given(st.ip_addresses(v=4))
def test_ipv4_address_is_public_only_when_python_agrees(address: IPv4Address) -> None:
    assert address.is_global or reach_of(address) is not Reach.PUBLIC


@given(st.ip_addresses(v=6))
@example(IPv6Address("2001:db8::1"))
def test_ipv6_address_is_public_only_when_python_agrees(address: IPv6Address) -> None:
    assert address.is_global or address.ipv4_mapped or reach_of(address) is not Reach.PUBLIC


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:", "64:ff9b::"]))
def test_wrapped_address_has_the_reach_of_its_content(address: IPv4Address, wrapping: str) -> None:
    assert reach_of(IPv6Address(f"{wrapping}{address}")) is reach_of(address)


@pytest.mark.parametrize("text", PRIVATE + NEVER)
async def test_public_policy_rejects_other_addresses_directly_and_by_name(text: str) -> None:
    host = f"[{text}]" if ":" in text else text
    with pytest.raises(AddressRefused):
        guard().admit(f"https://{host}/")
    with pytest.raises(NotSent, match="does not resolve to a public address"):
        await guard(rebind_example=[text]).addresses("rebind.example", 443)


@pytest.mark.parametrize("text", ANYBODYS)
async def test_public_policy_accepts_the_public_internet(text: str) -> None:
    host = f"[{text}]" if ":" in text else text
    assert guard().admit(f"https://{host}/").address == ip_address(text)
    await guard(www_example=[text]).check("https://www.example/")


@pytest.mark.parametrize("private", ["10.0.0.1", "::1", "169.254.169.254"])
async def test_name_with_one_forbidden_address_is_rejected(private: str) -> None:
    with pytest.raises(NotSent):
        await guard(mixed_example=["1.1.1.1", private, "8.8.8.8"]).addresses("mixed.example", 443)


@pytest.mark.parametrize("text", NEVER)
def test_development_policy_rejects_metadata_and_multicast(text: str) -> None:
    host = f"[{text}]" if ":" in text else text
    with pytest.raises(AddressRefused):
        guard(DEVELOPMENT).admit(f"http://{host}/")


@pytest.mark.parametrize("text", PRIVATE)
def test_development_policy_accepts_its_own_network(text: str) -> None:
    host = f"[{text}]" if ":" in text else text
    guard(DEVELOPMENT).admit(f"http://{host}:8080/")


@pytest.mark.parametrize("answers", [[], ["nonsense"]])
async def test_request_to_a_name_without_an_address_is_not_sent(answers: list[str]) -> None:
    with pytest.raises(NotSent):
        await guard(empty_example=answers).addresses("empty.example", 443)


async def test_private_and_unknown_names_raise_the_same_error() -> None:
    """Otherwise, callers could map the private network. Both may be retried."""
    watched = guard(inside_example=["10.0.0.1"], metadata_example=["169.254.169.254"], empty_example=[])
    messages = set()
    for name in ("inside.example", "metadata.example", "empty.example", "nowhere.example"):
        with pytest.raises(NotSent) as caught:
            await watched.check(f"https://{name}/")
        assert not isinstance(caught.value, AddressRefused)
        messages.add(str(caught.value).replace(name, "NAME"))
    assert messages == {"The name NAME does not resolve to a public address."}


PRIVATE_NAMES = ["localhost", "LOCALHOST.", "api.localhost", "postgres", "db.internal", "printer.local", "a.home.arpa"]
METADATA_NAMES = [
    "metadata.google.internal",
    "METADATA.google.internal.",
    "metadata.goog",
    "instance-data.ec2.internal",
]


@pytest.mark.parametrize("name", PRIVATE_NAMES + METADATA_NAMES)
def test_private_name_is_rejected_without_a_look_up(name: str) -> None:
    with pytest.raises(AddressRefused, match="not a public host"):
        guard().admit(f"https://{name}/")


@pytest.mark.parametrize("name", ["localhost.example", "internal.example", "notlocal.example"])
def test_name_that_resembles_a_private_one_is_accepted(name: str) -> None:
    guard().admit(f"https://{name}/")


@pytest.mark.parametrize("name", PRIVATE_NAMES)
def test_development_policy_accepts_private_names(name: str) -> None:
    guard(DEVELOPMENT).admit(f"http://{name}:8080/")


@pytest.mark.parametrize("name", METADATA_NAMES)
def test_development_policy_rejects_names_of_metadata_services(name: str) -> None:
    with pytest.raises(AddressRefused):
        guard(DEVELOPMENT).admit(f"http://{name}/")


def test_plain_http_must_be_allowed() -> None:
    with pytest.raises(AddressRefused, match="not https"):
        guard().admit("http://www.example/")
    guard(AddressPolicy(allow_http=True)).admit("http://www.example/")


@pytest.mark.parametrize("port", [21, 22, 25, 53, 110, 139, 445, 587, 993])
def test_ports_of_other_services_are_rejected(port: int) -> None:
    with pytest.raises(AddressRefused, match="another service"):
        guard().admit(f"https://www.example:{port}/")


@pytest.mark.parametrize("port", [80, 443, 1024, 8443, 65535])
def test_ports_of_http_are_accepted(port: int) -> None:
    guard().admit(f"https://www.example:{port}/")


class TestTestWorld:
    guard = guard(AddressPolicy(only_origins=frozenset({SANDBOX})), sandbox=["172.18.0.5"])

    async def test_sandbox_is_reached_at_any_address(self) -> None:
        await self.guard.check("http://sandbox:9100/org/bluesky")

    @pytest.mark.parametrize(
        "url",
        [
            "https://bsky.social/",
            "http://sandbox:9101/",
            "https://sandbox:9100/",
            "http://172.18.0.5:9100/",
            "http://sandbox.evil.example:9100/",
            "http://user@sandbox:9100/",
        ],
    )
    def test_other_url_is_rejected(self, url: str) -> None:
        with pytest.raises(AddressRefused):
            self.guard.admit(url)


class TestLiveWorld:
    policy = AddressPolicy(allow_private=True, allow_http=True, never_origins=frozenset({SANDBOX}))

    @pytest.mark.parametrize("url", ["http://sandbox:9100/", "https://SANDBOX.:9100/x"])
    def test_sandbox_is_rejected_by_name(self, url: str) -> None:
        with pytest.raises(AddressRefused, match="not a public host"):
            guard(self.policy).admit(url)

    async def test_sandbox_is_rejected_under_another_name(self) -> None:
        watched = guard(self.policy, sandbox=["172.18.0.5"], alias_example=["172.18.0.5"])
        with pytest.raises(NotSent, match="does not resolve"):
            await watched.addresses("alias.example", 9100)

    async def test_other_port_of_its_host_is_accepted(self) -> None:
        watched = guard(self.policy, sandbox=["172.18.0.5"], alias_example=["172.18.0.5"], other_example=["172.18.0.6"])
        assert await watched.addresses("alias.example", 9200) == ["172.18.0.5"]
        assert await watched.addresses("other.example", 9100) == ["172.18.0.6"]

    async def test_unresolvable_sandbox_blocks_no_request(self) -> None:
        assert await guard(self.policy, other_example=["10.0.0.1"]).addresses("other.example", 9100) == ["10.0.0.1"]


async def test_private_and_unknown_names_have_the_same_message() -> None:
    messages = set()
    for guarding in (guard(pds_example=["10.0.0.1"]), guard(pds_example=["169.254.169.254"]), guard()):
        with pytest.raises(NotSent) as caught:
            await guarding.check("https://pds.example/")
        messages.add(str(caught.value))
    assert len(messages) == 1
