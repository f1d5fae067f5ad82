"""The API key of a server that is started with keys: in its own settings."""

from __future__ import annotations

from collections.abc import Mapping

_YES = ("true", "1", "on", "enabled")


def api_key(settings: Mapping[str, str]) -> str:
    """Return the key of a user who may do everything, as far as can be told; empty where none is wanted."""
    keys = [key.strip() for key in settings.get("AUTHENTICATION_APIKEY_ALLOWED_KEYS", "").split(",")]
    if settings.get("AUTHENTICATION_APIKEY_ENABLED", "").lower() not in _YES or not keys[0]:
        return ""
    users = [user.strip() for user in settings.get("AUTHENTICATION_APIKEY_USERS", "").split(",")]
    lists = ("AUTHORIZATION_ADMINLIST_USERS", "AUTHORIZATION_RBAC_ROOT_USERS", "AUTHORIZATION_ADMIN_USERS")
    mighty = {user.strip() for name in lists for user in settings.get(name, "").split(",")}
    return next((key for key, user in zip(keys, users, strict=False) if user in mighty), keys[0])
