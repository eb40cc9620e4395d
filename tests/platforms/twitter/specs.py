"""X's own specifications, which are not in this repository.

They are searched for in `$LETMEPOST_SPECS`, or else in `../shared/specs`: https://api.x.com/2/openapi.json and
https://github.com/twitter/twitter-text/blob/master/config/v3.json.
"""

import os
from pathlib import Path

import pytest

_SPECS = Path(os.environ.get("LETMEPOST_SPECS", Path(__file__).resolve().parents[4] / "shared" / "specs"))
OPENAPI = _SPECS / "twitter-openapi.json"
TEXT_CONFIG = _SPECS / "twitter-text-config-v3.json"

_REASON = "it is not part of this repository: set LETMEPOST_SPECS to where it is"
needs_openapi = pytest.mark.skipif(not OPENAPI.is_file(), reason=_REASON)
needs_text_config = pytest.mark.skipif(not TEXT_CONFIG.is_file(), reason=_REASON)
