import pytest

from letmepost.gateways.destinations import AddressRefused, Origin, read_origin, read_url


@pytest.mark.parametrize(
    ("url", "origin", "on_the_wire"),
    [
        ("https://example.com", "https://example.com", "/"),
        ("HTTPS://Example.COM:443/Path", "https://example.com", "/Path"),
        ("http://example.com:8080/a?b=c#fragment", "http://example.com:8080", "/a?b=c"),
        ("https://example.com.", "https://example.com", "/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example", "/"),
        ("https://my_bucket.s3.example/", "https://my_bucket.s3.example", "/"),
        ("https://1.example/", "https://1.example", "/"),
        ("https://8.8.8.8/", "https://8.8.8.8", "/"),
        ("https://8.8.8.8./", "https://8.8.8.8", "/"),
        ("https://[2606:4700::0:1111]:8443/", "https://[2606:4700::1111]:8443", "/"),
        ("https://example.com?q", "https://example.com", "/?q"),
    ],
)
def test_url_is_parsed_into_its_origin_and_the_sent_target(url: str, origin: str, on_the_wire: str) -> None:
    destination = read_url(url)
    assert str(destination.origin) == origin
    assert destination.path_and_query == on_the_wire


def test_signed_query_is_unchanged() -> None:
    target = "/a%2fb/%7Euser/x+y;z?X-Amz-Signature=%41%2F+&b=%7e&empty=&a=1"
    assert read_url(f"https://s3.example{target}").path_and_query == target


def test_other_alphabets_in_a_path_are_percent_encoded() -> None:
    assert read_url("https://example.com/ü?q=日").path_and_query == "/%C3%BC?q=%E6%97%A5"


@pytest.mark.parametrize(
    "spelling",
    [
        "0x7f.1",
        "0x7f000001",
        "0X7F.0.0.1",
        "127.1",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.1.5",
        "1.2.3.256",
        "example.1",
        "0",
        "0x",
    ],
)
def test_unusual_form_of_an_address_is_rejected(spelling: str) -> None:
    """Resolvers accept them as addresses, while checks take them for names."""
    with pytest.raises(AddressRefused, match="unusual form"):
        read_url(f"http://{spelling}/")


@pytest.mark.parametrize("digits", ["\uff11\uff12\uff17.\uff10.0.\uff11", "①②⑦.0.0.1", "127。0。0。1"])
def test_address_in_other_digits_is_normalized(digits: str) -> None:
    assert read_url(f"http://{digits}/").origin.host == "127.0.0.1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "/path",
        "https:",
        "https://",
        "https:///path",
        "https:example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://example.com@127.0.0.1/",
        "https://@example.com/",
        "https://good.example\\@evil.example/",
        "https:\\\\example.com/",
        "https://example.com/a b",
        " https://example.com/",
        "https://exam\tple.com/",
        "https://example.com/\r\nHost: evil.example",
        "https://example.com/\x00",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:99999999/",
        "https://example.com:/",
        "https://example.com:80:80/",
        "https://example.com:+80/",
        "https://example.com:\uff18\uff10/",
        "https://[::1/",
        "https://[::1]evil.example/",
        "https://evil.example[::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[1.2.3.4]/",
        "https://[v1.x]/",
        "https://::1/",
        "https://127.0.0%2e1/",
        "https://%6cocalhost/",
        "https://example..com/",
        "https://.example.com/",
        "https://example.com../",
        "https://-example.com/",
        "https://exa mple.com/",
        "https://exam!ple.com/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 130}example/",
        f"https://example.com/{'a' * 8192}",
        "https://\u2025/",
        "https://exa\u200bmple\u2100.com/",
    ],
)
def test_malformed_or_ambiguous_url_is_rejected(url: str) -> None:
    with pytest.raises(AddressRefused):
        read_url(url)


def test_origins_are_equal_in_any_form() -> None:
    assert read_origin("http://Sandbox.:80/x") == Origin("http", "sandbox", 80)
