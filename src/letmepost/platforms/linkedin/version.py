"""The version of the API that is spoken: named here and nowhere else.

Monthly versions live at least a year; then every call is answered 426. 202606 is the newest that an independent
client speaks. Source: https://learn.microsoft.com/linkedin/marketing/versioning, and for the date
https://learn.microsoft.com/linkedin/marketing/integrations/migrations (both checked 2026-11-22).
"""

from datetime import date

API_VERSION = "202606"
SUNSET = date(2027, 6, 15)
