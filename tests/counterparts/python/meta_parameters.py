"""Prints what `facebook-business`, Meta's own client, lists for some classes: parameters of each edge, and fields."""

import importlib
import inspect
import json
import sys

from facebook_business.api import FacebookAdsApi

given = json.loads(sys.argv[1])
api = FacebookAdsApi.init(access_token="unused", crash_log=False)


def describe(name):
    """Return the fields of a class, and by `METHOD /edge` the parameters that each request may have."""
    found = getattr(importlib.import_module(f"facebook_business.adobjects.{name.lower()}"), name)
    edges = {}
    for method, function in inspect.getmembers(found, inspect.isfunction):
        parameters = inspect.signature(function).parameters
        if "pending" not in parameters or "parent_id" in parameters:  # the second creates an object at another one
            continue
        try:
            request = getattr(found("1"), method)(pending=True)  # a request that is not sent
        except SyntaxError:  # `userexportforcam` of 26.0.3 has a field `or`, so the methods that import it fail
            continue
        edges[f"{request._method} /{request._endpoint}"] = sorted(request._param_checker._type_check_info)
    fields = [value for key, value in vars(found.Field).items() if isinstance(value, str) and not key.startswith("__")]
    return {"edges": edges, "fields": sorted({*fields, *getattr(found, "_field_types", {})})}


print(json.dumps({name: describe(name) for name in given["classes"]}))
