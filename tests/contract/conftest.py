"""Fixtures of the contract's tests: the deployment that the tests of the HTTP interface share."""

from tests.http.fixtures import admin, client, receiver, service, service_urls, tenant

__all__ = ["admin", "client", "receiver", "service", "service_urls", "tenant"]
