"""The scopes that the calls of LinkedIn need. Where two are separated by "or", the first is for members' own posts.

Sources: https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api,
https://learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-access-control-by-role
and https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2 (checked 2026-11-29).
"""

from letmepost.platforms.contract import Permission

_IDENTITY = ("openid", "profile")
_WRITE = ("w_member_social or w_organization_social",)
_READ = ("r_organization_social",)
_ADMIN = ("rw_organization_admin",)

PERMISSIONS = (
    Permission("POST /oauth/v2/accessToken", "Exchange the code of a consent, and refresh the token"),
    Permission("POST /oauth/v2/introspectToken", "Check the token"),
    Permission("GET /v2/userinfo", "Identify the member", _IDENTITY),
    Permission("GET /rest/organizationAcls", "List the pages that the member administers", _ADMIN),
    Permission("GET /rest/organizations/{id}", "Show the name of a page", _ADMIN),
    Permission("POST /rest/images", "Begin the upload of an image", _WRITE),
    Permission("POST /rest/documents", "Begin the upload of a document", _WRITE),
    Permission("POST /rest/videos", "Begin and end the upload of a video", _WRITE),
    Permission("GET /rest/videos/{urn}", "Wait until a video is processed", _WRITE),
    Permission("PUT {upload URL}", "Upload the bytes to the address that LinkedIn returned", _WRITE),
    Permission("POST /rest/posts", "Publish a post", _WRITE),
    Permission("POST /rest/socialActions/{urn}/comments", "Publish a first comment", _WRITE),
    Permission("GET /rest/posts", "Look for a page's post after a lost response", _READ),
    Permission("GET /rest/socialActions/{urn}/comments", "Look for a first comment after a lost response", _READ),
    Permission("DELETE /rest/posts/{urn}", "Unpublish", _WRITE),
)
