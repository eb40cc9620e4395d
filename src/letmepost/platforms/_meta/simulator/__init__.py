"""What the simulators of Meta's networks share: the wire format, people, Pages, Instagram accounts, and tokens.

It implements fact sheet part M, after https://developers.facebook.com/docs/graph-api (checked 2026-11-28), and imports
no flows. What an account publishes belongs to each simulator.

The state's keys, each with a value that is only ever replaced as a whole:

    meta/last_id                       the last id that was issued
    user/<id>  page/<id>  professional/<id>  business/<id>
    oauth/code/<code>  oauth/token/<token>      consents
    issuer/<token>                     the person through whom a token of a Page acts
    page_token/<user token>/<page>     the token of a Page that a token of a person returns
"""
