"""The size limits of requests, of webhook endpoints' replies, and of the sandbox.

Each limit is defined once, here. The limits of platforms are in their folders. The sizes of buffers and chunks are
beside the code that uses them.
"""

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

HEAD_MAX_BYTES = 64 * KIB
"""The request line and the headers together: several times what clients send, and cheap to hold in memory.

Also the most that a body may have between two pieces of content: the extensions of a chunk, or trailers.
"""

JSON_BODY_MAX_BYTES = MIB
"""A request body without inline media. It is parsed in memory, and real requests take a few KiB."""

INLINE_MEDIA_MAX_BYTES = 5 * MIB
"""One file inside a JSON body (`bytesBase64`), after decoding. Larger files are uploaded first."""

INLINE_MEDIA_MAX_CHARS = INLINE_MEDIA_MAX_BYTES * 4 // 3 + 4
"""The same file in base64: four characters for each three bytes, and padding."""

INLINE_MEDIA_BODY_MAX_BYTES = 8 * MIB
"""A request body that may contain inline media: the largest file in base64, with room for the rest of the request.

The whole body is parsed in memory, so a request must not have several files of the largest size.
"""

MEDIA_MAX_BYTES = 200 * MIB
"""One file that passes through the API: uploaded in a form, or imported from a URL."""

FORM_OVERHEAD_MAX_BYTES = MIB
"""The boundaries, headers and other fields around the file in an upload form."""

FORM_MAX_BYTES = MEDIA_MAX_BYTES + FORM_OVERHEAD_MAX_BYTES
"""The body of a request that uploads a file in a form."""

LARGE_UPLOAD_MAX_BYTES = 4 * GIB
"""One file that is sent to an upload URL. S3-compatible stores accept up to 5 GB in one request.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html (checked 2026-11-29).
"""

IMAGE_MAX_BYTES = 200 * MIB
"""One image, however it was sent: images are decoded completely, within the time and memory of a media process."""

TEXT_MAX_CHARS = 100_000
"""One string in a request: more than any platform accepts, and short enough to be counted immediately."""

URL_MAX_CHARS = 2048
"""One URL in a request."""

SERVER_MAX_CHARS = 255
"""The name of a server, or the URL that a person pastes instead. A host name has at most 253 (RFC 1035)."""

EXTERNAL_USER_ID_MAX_CHARS = 255
"""A customer's own id of the person who connects an account."""

FILENAME_MAX_CHARS = 255
"""A file name. Common file systems allow as many."""

WEBHOOK_REPLY_MAX_BYTES = 16 * KIB
"""The reply of a webhook endpoint. Only its status matters; a test request also returns its beginning."""

SANDBOX_REQUEST_MAX_BYTES = LARGE_UPLOAD_MAX_BYTES + MIB
"""A request to a simulated platform: the largest file, with room for the form around it."""

SANDBOX_CONTROL_MAX_BYTES = 64 * KIB
"""A request to the control API of the sandbox."""

SANDBOX_REPLY_MAX_BYTES = 16 * MIB
"""A reply of the control API of the sandbox: the list of all posts of a world."""
