"""GitHub's accounts and places as event columns: who a sender is, which organization, which repository."""

from __future__ import annotations

from remit.rooms.events.change.batch import Facts
from remit.rooms.events.change.markers import Markers
from remit.rooms.events.change.reading import Object, child, first_text
from remit.rooms.events.lenient import text

BOT_SUFFIX = "[bot]"
"""How GitHub ends the login of every account that belongs to an app."""


def account_columns(account: Object) -> Facts:
    """A webhook's account object: login, numeric id, type, and the app behind a bot."""
    login = text(account.get("login"))
    return {
        "principal": login,
        "principal_name": login,
        "principal_id": text(account.get("id")),
        "principal_type": text(account.get("type")),
        "app_id": app_slug(login),
    }


def app_slug(login: str | None) -> str | None:
    """The GitHub App whose account this login is: ``dependabot[bot]`` belongs to ``dependabot``."""
    return login.removesuffix(BOT_SUFFIX) if login and login.endswith(BOT_SUFFIX) else None


def repository_of(payload: Object) -> str | None:
    """``owner/name`` of the payload's repository."""
    return text(child(payload, "repository").get("full_name"))


def owner_of(payload: Object) -> str | None:
    """The organization the payload belongs to, else the repository's owner or the app installation's account."""
    for place in (child(payload, "organization"), child(payload, "repository", "owner"), child(payload, "enterprise")):
        if found := first_text(place, "login", "name", "slug"):
            return found
    repository = repository_of(payload)
    if repository and "/" in repository:
        return repository.partition("/")[0]
    return text(child(payload, "installation", "account").get("login"))


def mark_account(markers: Markers, key: str, account: Object) -> None:
    """``key=login``, ``key_id=`` and ``key_type=`` of somebody in the payload who is not its sender."""
    markers.add(key, text(account.get("login")))
    markers.add(f"{key}_id", text(account.get("id")))
    markers.add(f"{key}_type", text(account.get("type")))
