import pytest

from letmepost.gateways.name_lookup import NameLookup


@pytest.fixture
def lookup() -> NameLookup:
    return NameLookup(workers=1)


async def test_name_of_this_machine_has_each_address_once(lookup: NameLookup) -> None:
    found = await lookup("localhost")
    assert set(found) <= {"127.0.0.1", "::1"}
    assert len(found) == len(set(found)) > 0
    lookup.close()


async def test_malformed_name_is_an_error(lookup: NameLookup) -> None:
    """Two dots are rejected without a name server, so nothing leaves this machine."""
    with pytest.raises((OSError, UnicodeError)):
        await lookup("no..name")
    lookup.close()
