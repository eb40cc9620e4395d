"""What the description of the API says beyond what the routes and schemas say by themselves."""
