"""The sources of the rules' numbers, and when they were last read."""

from datetime import date
from functools import partial

from letmepost.domain.rules import RuleSource

_source = partial(RuleSource, checked_on=date(2026, 11, 21))

CREATE_PIN = _source(url="https://developers.pinterest.com/docs/api/v5/pins-create")
CREATIVE_TYPES = _source(url="https://help.pinterest.com/en/business/article/pinterest-product-specs")
