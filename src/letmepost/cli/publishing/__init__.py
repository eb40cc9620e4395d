"""The commands for people who publish. They call a server through the Python client, like any other program."""
