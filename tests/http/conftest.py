"""One deployment for all tests of the HTTP interface, and a tenant for each test."""

from tests.http.fixtures import admin, client, receiver, service, service_urls, services, tenant

__all__ = ["admin", "client", "receiver", "service", "service_urls", "services", "tenant"]
