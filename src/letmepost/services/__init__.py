"""Use cases: the order of steps and where transactions begin and end. Knows neither FastAPI nor a queue."""
