"""Reads untrusted media files in child processes.

The process with the keyring imports `probes`, which starts and asks children. Only a child imports `images` and
`movies`, and with them Pillow and FFmpeg. import-linter enforces this.
"""
