"""Logging in with an OpenID Connect provider: code flow, PKCE, state and nonce."""
