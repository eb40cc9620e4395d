"""X's limits in preflight and in the simulator, which counts in its own way, so a mistake in either shows here."""

from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.content import PostContent
from letmepost.domain.rules import violations
from letmepost.platforms.twitter import PLATFORM
from letmepost.platforms.twitter.counting import weigh
from letmepost.platforms.twitter.links import find_links
from letmepost.platforms.twitter.rules import RULES
from letmepost.platforms.twitter.simulator import text as simulated
from tests.doubles.targets import on
from tests.platforms.twitter.suite import WORDS
from tests.platforms.twitter.world import World

pieces = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), max_size=14).map("".join)


@given(pieces)
def test_platform_and_simulator_find_the_same_links_and_lengths(text: str) -> None:
    assert weigh(text) == simulated.weight(text)
    assert [(link.start, link.end) for link in find_links(text)] == [
        (link.start, link.end) for link in simulated.links(text)
    ]


@given(
    st.lists(
        st.sampled_from(["a", "故", "👍🏽", "e\u0301"]).flatmap(lambda one: st.integers(0, 27).map(lambda n: one * n)),
        max_size=6,
    ),
    st.integers(3, 10_082),
)
def test_poll_is_accepted_by_preflight_exactly_when_the_simulator_accepts_it(options: list[str], minutes: int) -> None:
    content = PostContent(text="a", options={"poll": {"options": options, "durationMinutes": minutes}})
    world = World()
    world.connect()
    body = {"text": "a", "poll": {"options": options, "duration_minutes": minutes}}
    status, _ = world.call("POST", "/2/tweets", body)
    assert status == (400 if violations(on(PLATFORM, content), RULES) else 201)
