"""The hosts that the Facebook platform calls, and the app's credentials."""

from letmepost.platforms._meta.settings import GraphSettings


class FacebookSettings(GraphSettings):
    """The app is created at https://developers.facebook.com: choose "Other", and then "Business".

    An app that was created for a use case cannot request the permissions of Pages. Its dialog reports "Invalid Scopes".
    """
