"""One deployment for all tests of the HTTP interface, and for each test a tenant of its own in it."""

from tests.http.fixtures import admin, client, receiver, service, service_urls, services, tenant

__all__ = ["admin", "client", "receiver", "service", "service_urls", "services", "tenant"]
