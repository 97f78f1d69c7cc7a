"""The identity provider, spoken to by OpenID Connect."""
