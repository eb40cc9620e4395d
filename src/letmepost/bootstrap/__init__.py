"""The only place that wires the service: settings in, services out. One module per process, so each imports little."""
