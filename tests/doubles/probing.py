"""Media is probed and converted in this process, without child processes."""

import io
from collections.abc import Hashable
from dataclasses import asdict

from letmepost.domain.content import MediaFacts
from letmepost.domain.fitting.recipe import Recipe
from letmepost.gateways.media.conversion import convert_image
from letmepost.gateways.media.images import measure_image
from letmepost.gateways.media.messages import Measures
from letmepost.gateways.media.movies import measure_movie
from letmepost.gateways.media.process import Read
from letmepost.gateways.media.sniffing import IMAGE_TYPES, MOVIE_TYPES, sniff


def probe_bytes(data: bytes) -> MediaFacts:
    """Return the facts of a file in memory."""
    content_type, measures = sniff(data), Measures()
    if content_type in IMAGE_TYPES:
        measures = measure_image(content_type, io.BytesIO(data), len(data))
    elif content_type in MOVIE_TYPES:
        measures = measure_movie(content_type, io.BytesIO(data), len(data))
    return MediaFacts(content_type=content_type, size_bytes=len(data), **asdict(measures))


async def probe_here(owner: Hashable, read: Read, size_bytes: int) -> MediaFacts:
    """Probe a file in this process, as `letmepost.gateways.media.probes.Probe`."""
    return probe_bytes(await read(0, size_bytes))


async def convert_here(owner: Hashable, read: Read, facts: MediaFacts, recipe: Recipe) -> list[bytes]:
    """Convert an image in this process, as `letmepost.gateways.media.probes.Convert`."""
    data = await read(0, facts.size_bytes)
    return [convert_image(facts.content_type, io.BytesIO(data), facts.size_bytes, recipe)]
