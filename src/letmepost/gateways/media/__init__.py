"""Reading untrusted media files in child processes.

The process that holds the keyring imports `probes`, which starts children and asks them. Only a child imports `images`
and `movies`, and with them Pillow and FFmpeg. import-linter enforces this.
"""
