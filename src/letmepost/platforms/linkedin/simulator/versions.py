"""The versions of the API that are active at a time.

Source: fact sheet section 9. A version that is missing was never released, or is not known to have been.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from letmepost.platforms.linkedin.simulator.restli import RestliError
from letmepost.platforms.simulation import SimulatedCall

SUNSETS: Mapping[str, date] = MappingProxyType(
    {
        "202510": date(2026, 10, 15),
        "202511": date(2026, 11, 16),
        "202601": date(2027, 1, 15),
        "202602": date(2027, 2, 15),
        "202603": date(2027, 3, 16),
        "202604": date(2027, 4, 15),
        "202605": date(2027, 5, 15),
        "202606": date(2027, 6, 15),
        "202607": date(2027, 7, 15),
        "202608": date(2027, 8, 16),
        "202609": date(2027, 9, 15),
    }
)


def check_version(call: SimulatedCall) -> None:
    """Raise if a versioned call has no version, or one that is not active."""
    version = call.headers.get("linkedin-version")
    if version is None:
        message = "A version must be present. Please specify a version by adding the LinkedIn-Version header."
        raise RestliError(400, "VERSION_MISSING", message)
    sunset = SUNSETS.get(version)
    if sunset is None or call.now.date() >= sunset:
        raise RestliError(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
