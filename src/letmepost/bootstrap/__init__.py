"""The only wiring: settings in, services out. One module a process, so that each imports only what it runs."""
