"""SCIM 2.0: an identity provider keeps people in step, below /scim/v2 (RFC 7643 and 7644)."""
