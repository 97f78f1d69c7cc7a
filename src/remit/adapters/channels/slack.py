"""A Slack incoming webhook. Text of records is data: it makes no link, mention or format of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from remit.adapters.channels.post import post

_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LONGEST: Final = 2000
_LONGEST_TEXT: Final = 3000
_FIELD: Final = 300
_NAMED: Final = 15
_NAME: Final = 150
_BUTTON_URL: Final = 3000
_JOINER: Final = "\u2060"
"""A word joiner: invisible, and behind a mark of format or a mention it makes plain text of it."""
_MARKS: Final = frozenset("*~`@")


def escape(text: object, limit: int = _FIELD) -> str:
    """Text as Slack's mrkdwn shows it literally."""
    shown = str(text)
    shown = f"{shown[:limit]}…" if len(shown) > limit else shown
    spelled = (f"{char}{_JOINER}" if char in _MARKS else _ESCAPES.get(char, char) for char in shown)
    return "".join(spelled).replace("://", f":{_JOINER}//")


def slack_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of an incoming webhook: the sentence, who and where, a button to the events."""
    alert, subject = message["alert"], message["subject"]
    test = "Test: " if message["test"] else ""
    title = f"{test}{alert['name']}"
    fields = [
        ("Who", subject.get("agent") or subject.get("actor")),
        ("On behalf of", subject.get("on_behalf_of")),
        ("Environment", subject.get("environment")),
        ("Account", subject.get("account")),
    ]
    shown = [_text(f"*{name}*\n{escape(value)}") for name, value in fields if value]
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Open in Remit"},
        "url": _link(message["url"], alert["url"]),
    }
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:150], "emoji": False}},
        {"type": "section", "text": _text(escape(message["sentence"], _LONGEST))},
        *([{"type": "section", "fields": shown}] if shown else []),
        *_resources(message),
        {"type": "actions", "elements": [button]},
        {"type": "context", "elements": [_text(_about(message))]},
    ]
    return {
        "text": f"{escape(title)}: {escape(message['sentence'], _LONGEST)}",
        "blocks": blocks,
        "parse": "none",
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _text(mrkdwn: str) -> dict[str, Any]:
    """A text object that Slack parses for nothing but our own marks."""
    return {"type": "mrkdwn", "text": mrkdwn[:_LONGEST_TEXT], "verbatim": True}


def _resources(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was touched, by full names, as far as there is room."""
    names = message["resources"]
    if not names:
        return []
    more = len(names) - _NAMED + message["resources_more"] if len(names) >= _NAMED else 0
    told = [escape(name, _NAME) for name in names[:_NAMED]] + ([f"and {more:,} more"] if more > 0 else [])
    return [{"type": "section", "text": _text("*Resources*\n" + "\n".join(told))}]


def _about(message: Mapping[str, Any]) -> str:
    evidence = ", ".join(
        f"{name} {value:,}" for name, value in message["evidence"].items() if isinstance(value, (int, float))
    )
    return f"{escape(evidence, 500)} · {escape(message['from'])} to {escape(message['to'])}"


def _link(*urls: str) -> str:
    """The first address that Slack takes."""
    return next((url for url in urls if len(url) <= _BUTTON_URL), urls[-1])


def send_slack(secrets: Mapping[str, str], message: Mapping[str, Any], key: str) -> None:
    """POST to the incoming webhook. Raises Unavailable when it was not taken."""
    body = json.dumps(slack_message(message), ensure_ascii=True).encode()
    post(secrets["url"], body, {"Idempotency-Key": key})
