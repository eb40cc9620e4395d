"""The version of the API that this release was tested with, and the announced ends of versions.

Monthly versions are supported for at least a year. After that, every call returns 426. 202606 is the newest version
that an independent client uses. Source: https://learn.microsoft.com/linkedin/marketing/versioning, and for the date
https://learn.microsoft.com/linkedin/marketing/integrations/migrations (both checked 2026-11-22).
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

API_VERSION = "202606"
SUNSETS: Mapping[str, date] = MappingProxyType(
    {
        "202605": date(2027, 5, 15),
        API_VERSION: date(2027, 6, 15),
        "202607": date(2027, 7, 15),
        "202608": date(2027, 8, 16),
        "202609": date(2027, 9, 15),
    }
)
