"""An event's JSON -> OCSF API Activity (class 6003) of OCSF 1.5, with the cloud profile.

What OCSF has no attribute for goes to ``unmapped`` under Remit's own names, so nothing is lost on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

SCHEMA_VERSION: Final = "1.5.0"
CLASS_UID: Final = 6003
CATEGORY_UID: Final = 6
_ACTIVITIES: Final = {"create": (1, "Create"), "read": (2, "Read"), "update": (3, "Update"), "delete": (4, "Delete")}
_OTHER: Final = (99, "Other")
_STATUSES: Final = {"success": (1, "Success"), "failure": (2, "Failure"), "denied": (2, "Failure")}
_CLOUDS: Final = {"aws": "AWS", "azure": "Azure", "gcp": "GCP"}
_USER_TYPES: Final = {"person": (1, "User"), "service": (3, "System")}
_UNMAPPED: Final = (
    "source",
    "path",
    "governed",
    "environment",
    "owner",
    "session",
    "permissions",
    "deny",
    "attribution",
    "same_as",
    "provider_id",
    "counted",
    "change",
    "context",
    "markers",
    "feed",
    "data_source",
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_ocsf(event: Mapping[str, Any]) -> dict[str, Any]:
    """One API Activity. ``event`` is the JSON of an event; an attribute whose value is unknown is left out, unless
    OCSF requires it."""
    action, principal = _part(event, "action"), _part(event, "principal")
    activity, name = _ACTIVITIES.get(str(action.get("kind")), _OTHER)
    status, status_name = _STATUSES.get(str(event.get("outcome")), (0, "Unknown"))
    severe = bool(event.get("denied"))
    return _present(
        {
            "activity_id": activity,
            "activity_name": name,
            "category_uid": CATEGORY_UID,
            "category_name": "Application Activity",
            "class_uid": CLASS_UID,
            "class_name": "API Activity",
            "type_uid": CLASS_UID * 100 + activity,
            "type_name": f"API Activity: {name}",
            "time": _milliseconds(event.get("time")),
            "severity_id": 2 if severe else 1,
            "severity": "Low" if severe else "Informational",
            "status_id": status,
            "status": status_name,
            "status_code": event.get("error_code"),
            "status_detail": event.get("error_message"),
            "metadata": _metadata(event),
            "actor": _actor(event, principal),
            "api": _api(event, action),
            "src_endpoint": _endpoint(event),
            "http_request": {"user_agent": event["user_agent"]} if event.get("user_agent") else None,
            "cloud": _cloud(event),
            "resources": [_resource(each) for each in event.get("resources") or ()],
            "unmapped": _unmapped(event, principal),
        }
    )


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return event.get(name) or {}


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != [] and value != {}}


def _milliseconds(time: str | None) -> int:
    if not time:
        return 0
    return (datetime.fromisoformat(time.replace("Z", "+00:00")) - _EPOCH) // timedelta(milliseconds=1)


def _metadata(event: Mapping[str, Any]) -> dict[str, Any]:
    profiles = ["cloud"] if event.get("provider") in _CLOUDS else None
    return _present(
        {
            "version": SCHEMA_VERSION,
            "product": {"name": "Remit", "vendor_name": "Remit"},
            "profiles": profiles,
            "uid": event.get("event_id"),
            "event_code": event.get("event_type"),
            "log_name": event.get("data_source"),
            "log_provider": event.get("provider"),
            "original_time": event.get("time"),
        }
    )


def _actor(event: Mapping[str, Any], principal: Mapping[str, Any]) -> dict[str, Any]:
    """The provider's principal as the user; the agent, where one acted, as the application."""
    judged = _part(event, "actor")
    type_id, type_name = _USER_TYPES.get(str(judged.get("kind")), (99, "Other"))
    arn = principal.get("arn")
    user = _present(
        {
            "name": principal.get("name") or judged.get("name") or arn or "unknown",
            "uid": arn or principal.get("id"),
            "uid_alt": principal.get("id") if arn else None,
            "type": principal.get("type") or type_name,
            "type_id": type_id,
            "credential_uid": principal.get("access_key"),
            "account": _present({"uid": event.get("account")}) or None,
        }
    )
    session = _present(
        {
            "uid": principal.get("access_key"),
            "issuer": principal.get("issuer"),
            "uid_alt": principal.get("role_session"),
        }
    )
    idp = _present({"name": principal.get("federation")})
    return _present(
        {
            "user": user,
            "session": session,
            "idp": idp,
            "invoked_by": principal.get("invoked_by"),
            "app_name": judged.get("agent"),
            "app_uid": principal.get("app_id"),
        }
    )


def _api(event: Mapping[str, Any], action: Mapping[str, Any]) -> dict[str, Any]:
    failed = _present({"error": event.get("error_code"), "error_message": event.get("error_message")})
    return _present(
        {
            "operation": action.get("operation") or "unknown",
            "service": {"name": action["service"]} if action.get("service") else None,
            "request": {"uid": event["request_id"]} if event.get("request_id") else None,
            "response": failed,
        }
    )


def _endpoint(event: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's address, or the name of the service that stands in its place."""
    source = event.get("source_ip")
    if not source:
        return {"name": "unknown"}
    numeric = ":" in source or source.replace(".", "").isdigit()
    return {"ip": source} if numeric else {"name": source}


def _cloud(event: Mapping[str, Any]) -> dict[str, Any] | None:
    provider = event.get("provider")
    if provider not in _CLOUDS:
        return None
    return _present(
        {
            "provider": _CLOUDS[str(provider)],
            "region": event.get("region"),
            "account": _present({"uid": event.get("account")}) or None,
        }
    )


def _resource(resource: Mapping[str, Any]) -> dict[str, Any]:
    return _present(
        {"uid": resource.get("arn") or resource.get("id"), "name": resource.get("id"), "type": resource.get("type")}
    )


def _unmapped(event: Mapping[str, Any], principal: Mapping[str, Any]) -> dict[str, Any]:
    more = _present({name: event.get(name) for name in _UNMAPPED})
    more["action_kind"] = _part(event, "action").get("kind")
    more["denied"] = event.get("denied")
    more["actor"] = _present(_part(event, "actor"))
    kept = ("source_identity", "federation_subject", "delegator")
    more["principal"] = _present({name: principal.get(name) for name in kept})
    if event.get("provider") not in _CLOUDS:
        more |= _present(
            {"provider": event.get("provider"), "account": event.get("account"), "region": event.get("region")}
        )
    return _present(more)
