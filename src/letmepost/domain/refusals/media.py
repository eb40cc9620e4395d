"""Refusals about media items and uploads."""

from letmepost.domain.errors import FixableBy, NotFound, StateForbids, StoreUnavailable, TooLarge
from letmepost.domain.refusals.refusal import Explanation, FieldRefusal, Refusal

_HOW_TO_UPLOAD = "Send multipart/form-data with the file in the field `file`, as `curl -F file=@photo.jpg` does."

CONTENT_TYPE = Refusal(
    id="media.content_type",
    message="Content-Type must be multipart/form-data.",
    remediation=_HOW_TO_UPLOAD,
    summary="`POST /v1/media` accepts a multipart form.",
    wrong="curl --data-binary @photo.jpg …",
    right="curl -F file=@photo.jpg …",
)
FORM = Refusal(
    id="media.form",
    message="The multipart form cannot be parsed: {problem}.",
    remediation=_HOW_TO_UPLOAD,
    summary="The body is not a well-formed multipart form (RFC 7578).",
    sample={"problem": "Missing boundary in multipart"},
    wrong="curl -H 'Content-Type: multipart/form-data' --data-binary @photo.jpg …",
    right="curl -F file=@photo.jpg …",
)
MISSING_FILE = Refusal(
    id="media.missing_file",
    message="The form has no file in the field `file`.",
    remediation=_HOW_TO_UPLOAD,
    summary="The file must be in the form field `file`.",
    wrong="curl -F image=@photo.jpg …",
    right="curl -F file=@photo.jpg …",
)
SINGLE_FILE = Refusal(
    id="media.single_file",
    message="The form has more than one file.",
    remediation="Upload one file per request.",
    summary="Each upload creates one media item.",
    wrong="curl -F file=@one.jpg -F file=@two.jpg …",
    right="curl -F file=@one.jpg …",
)
EMPTY_BODY = Refusal(
    id="media.empty_body",
    message="The file is empty.",
    remediation="Send the bytes of the file.",
    summary="A file of 0 bytes was uploaded. Often the program that sent it read the file to its end before.",
    wrong="curl -F file=@empty.jpg …",
    right="curl -F file=@photo.jpg …",
)
SIZE_MAX = Refusal(
    id="media.size_max",
    message="The file has more than {max_bytes} bytes, the limit of this way to send it.",
    remediation="Send a smaller file, or use `POST /v1/media/uploads` for large files.",
    summary="Inline files, form uploads and direct uploads have different limits.",
    sample={"max_bytes": 104857600},
    error=TooLarge,
)
UNREADABLE = Refusal(
    id="media.unreadable",
    message="{problem}",
    remediation="{advice}",
    summary="The file is not a complete image, video or PDF file, or needs more memory or time than one file may use.",
    sample={
        "problem": "The image file ends too early.",
        "advice": "Re-export the file and send the new copy.",
    },
    wrong="curl -F file=@truncated.jpg …",
    right="curl -F file=@photo.jpg …",
)
FAILED = Refusal(
    id="media.failed",
    message="The media item {media_id} cannot be used: {problem}",
    remediation="Upload the file again, and use the new `mediaId`.",
    summary="The bytes of the media item could not be fetched, or are not a usable file. The item stays failed.",
    sample={"media_id": "med_01M80J4QPPFFHRF1R8", "problem": "The image file ends too early."},
    wrong='{"media": [{"mediaId": "med_<failed>"}]}',
    right='{"media": [{"mediaId": "med_<ready>"}]}',
)
UNKNOWN = Refusal(
    id="media.unknown",
    message="There is no media item `{media_id}` in the profile of the target's account, or it has expired.",
    remediation="Upload the file again under that profile, and use the new `mediaId`.",
    summary="A media item belongs to one profile, and expires if no post uses it.",
    sample={"media_id": "med_01M80J4QPPFFHRF1R8"},
    error=NotFound,
)
KIND_REQUIRED = Refusal(
    id="media.kind_required",
    message="The kind of {source} is not known: its bytes have not been uploaded yet.",
    remediation="Send `kind` (`image`, `video` or `document`).",
    summary="A post may name an upload before its bytes arrive. The rules of the platforms depend on the kind.",
    sample={"source": "media item med_01M80J4QPPFFHRF1R8"},
    wrong='{"media": [{"mediaId": "med_…"}]}',
    right='{"media": [{"mediaId": "med_…", "kind": "image"}]}',
)
KIND_OF_URL_REQUIRED = FieldRefusal(
    message="`{field}` is missing.",
    remediation="Send `image`, `video` or `document`: with `url`, the kind is not known before the file is fetched.",
    sample={"field": "media[0].kind"},
)
KIND_MISMATCH = Refusal(
    id="media.kind_mismatch",
    message="`{path}.kind` is `{kind}`, but the file is {content_type} (`{actual}`).",
    remediation="Send the kind of the file, or attach another file.",
    summary="The declared kind of a media item must be that of its bytes.",
    sample={"path": "media[0]", "kind": "video", "content_type": "image/png", "actual": "image"},
    wrong='{"media": [{"url": "https://example.com/photo.png", "kind": "video"}]}',
    right='{"media": [{"url": "https://example.com/photo.png", "kind": "image"}]}',
)
ONE_SOURCE = Refusal(
    id="media.one_source",
    message="`{field}` must have exactly one of `mediaId`, `url` and `bytesBase64`.",
    remediation="Keep one of the three fields.",
    summary="A media item has one source.",
    sample={"field": "media[0]"},
    wrong='{"media": [{"mediaId": "med_…", "url": "https://example.com/photo.jpg"}]}',
    right='{"media": [{"mediaId": "med_…"}]}',
)
URL_UNREACHABLE = Refusal(
    id="media.url.unreachable",
    message="{problem}",
    remediation="Send a public https URL that returns the file itself.",
    summary="Media URLs must be public https URLs that return the file within the time limit, without a sign-in.",
    sample={"problem": "https://example.com answered 404 instead of the file."},
    wrong='{"media": [{"url": "https://drive.example.com/view/123", "kind": "image"}]}',
    right='{"media": [{"url": "https://cdn.example.com/photo.jpg", "kind": "image"}]}',
    retryable=True,
)
STORE_UNAVAILABLE = Refusal(
    id="media.store_unavailable",
    message="The media store of this deployment is unavailable. Nothing was stored.",
    remediation="Send the request again with the same Idempotency-Key. If the error persists, give the operator the "
    "`requestId`.",
    summary="Files are stored in a directory or bucket of the operator, which did not respond or rejected the request.",
    fixable_by=FixableBy.OPERATOR,
    retryable=True,
    error=StoreUnavailable,
)
IN_USE = Refusal(
    id="media.in_use",
    message="A post that has not been published yet uses this media item.",
    remediation="Cancel the post or give it another media item, or wait until it is published.",
    summary="A media item cannot be deleted while a waiting post uses it.",
    error=StateForbids,
)
NOT_UPLOADED = Refusal(
    id="media.not_uploaded",
    message="No bytes were uploaded to the URL of this upload.",
    remediation="PUT the bytes to the `url` of the upload first, then complete it.",
    summary="An upload has three steps: create it, PUT the bytes, complete it.",
    error=StateForbids,
)
SIZE_MISMATCH = Refusal(
    id="media.size_mismatch",
    message="This upload must have exactly {size_bytes} bytes.",
    remediation="Send the complete file that was announced, or create another upload.",
    summary="The number of bytes differs from `sizeBytes`, which was announced when the upload was created.",
    sample={"size_bytes": 52428800},
    wrong='{"sizeBytes": 52428800}, then PUT of 1,000 bytes',
    right='{"sizeBytes": 52428800}, then PUT of 52,428,800 bytes',
)
UPLOAD_USED = Refusal(
    id="media.upload_used",
    message="This upload is complete. Its URL accepts one file.",
    remediation="Create another upload.",
    summary="An upload's URL accepts one file, and expires.",
    error=StateForbids,
)
PUBLIC_URL_REQUIRED = Refusal(
    id="media.public_url.required",
    message="{title} fetches media itself, and this deployment has no public address.",
    remediation="Ask the operator to set `LETMEPOST_PUBLIC_URL` to the https address of this deployment.",
    summary="Some platforms fetch media from this service instead of accepting an upload.",
    sample={"title": "Example"},
    fixable_by=FixableBy.OPERATOR,
)
NOT_FETCHED = Refusal(
    id="media.not_fetched",
    message="A media item of this post could not be fetched.",
    remediation="Upload the file, or send a URL that returns it, and retry the post.",
    summary="The URL of a media item did not return a usable file before the post was due.",
    wrong='{"media": [{"url": "https://example.com/deleted.jpg", "kind": "image"}]}',
    right='{"media": [{"url": "https://example.com/photo.jpg", "kind": "image"}]}',
)
CHANGED = Explanation(
    id="media.changed",
    message="The stored file of the media item {media_id} is missing or has another size than when it was examined, so "
    "it was not sent.",
    remediation="Upload the file again, and create the post with the new `mediaId`.",
    summary="A file is examined when it is stored, and the rules of the platform are checked with the result. Its size "
    "is compared before each part is sent. Usually the operator of the deployment removed or replaced the file.",
    sample={"media_id": "med_01M80J4QPPFFHRF1R8"},
)
FIT_ONE_CHOICE = FieldRefusal(
    message="`{field}` must have exactly one of `background` and `crop`.",
    remediation='Send `true`, `{{"background": "blur"}}`, `{{"background": "#ffffff"}}` or `{{"crop": "center"}}`.',
    sample={"field": "media[0].fit"},
)
FIT_FAILED = Refusal(
    id="media.fit.failed",
    message="The image could not be converted: {problem}",
    remediation="Convert the image yourself, and attach the result.",
    summary="A media item with `fit` was to be converted to what the target accepts, and the conversion failed: it "
    "needs more memory or time than one file may use, or the result has too many bytes.",
    sample={"problem": "The file takes too much time to process."},
    wrong='{"media": [{"mediaId": "med_<interlaced, 50 million pixels>", "fit": true}]}',
    right='{"media": [{"mediaId": "med_<4000x3000 pixels>", "fit": true}]}',
)
FITTED = Explanation(
    id="media.fit.converted",
    message="`{field}` has {width}x{height} pixels and {size_bytes} bytes of {content_type}. For {platform}, it is "
    "{result}.",
    remediation="No action is needed. Remove `fit` to send the file as it is.",
    summary="A media item with `fit` breaks a limit of the target, so another image is published: converted to a type, "
    "size and number of bytes that the target accepts, in sRGB, without transparency and metadata.",
    sample={
        "field": "media[0]",
        "width": 6000,
        "height": 4000,
        "size_bytes": 9000000,
        "content_type": "image/png",
        "platform": "Example",
        "result": "converted to image/jpeg, 3464x2309 pixels and at most 3000000 bytes",
    },
)
FIT_PENDING = Explanation(
    id="media.fit.pending",
    message="`{field}` has no bytes yet. If it breaks a limit of {platform}, it is converted once it has.",
    remediation="No action is needed. Remove `fit` to send the file as it is.",
    summary="A media item with `fit` is examined, and converted if necessary, when its URL was fetched or its upload "
    "is complete. A file that cannot be converted rejects the post then.",
    sample={"field": "media[0]", "platform": "Example"},
)
