"""The version of the API that this release uses.

Monthly versions are supported for at least a year. After that, every call returns 426. 202606 is the newest version
that an independent client uses. Source: https://learn.microsoft.com/linkedin/marketing/versioning, and for the date
https://learn.microsoft.com/linkedin/marketing/integrations/migrations (both checked 2026-11-22).
"""

from datetime import date

API_VERSION = "202606"
SUNSET = date(2027, 6, 15)
