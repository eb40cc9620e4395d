"""The commands of `letmepost`: each translates a command line into one call of a service or a server."""
