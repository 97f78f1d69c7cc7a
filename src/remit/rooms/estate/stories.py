"""Scenes worth finding, for the console's welcome banner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from remit.rooms.estate.aws.incident import DATABASE, TICKET


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene: its name, what happened in one sentence, and the query that shows it."""

    name: str
    sentence: str
    query: str


SCENES: Final = (
    Scene(
        "Nine seconds",
        f"An agent on staging ticket {TICKET} turns deletion protection off and deletes {DATABASE}, snapshots and all.",
        'service:rds account:111122223333 agent:"Claude Code"',
    ),
    Scene(
        "The one that was stopped",
        "A service control policy kept the automated backup, from which the on-call engineer restored.",
        "operation:DeleteDBClusterAutomatedBackup denied:true",
    ),
    Scene(
        "From ticket to call",
        "PAY-123 went from a commit written with Claude Code through review and a pipeline into production.",
        "ticket:PAY-123",
    ),
    Scene(
        "Trying again",
        "The support agent ran into its permissions boundary fourteen times in a row.",
        "denied:true role:*support-agent-runtime",
    ),
    Scene(
        "Undecided", "A long-lived key and no marker: a script, or somebody's agent?", "principal:*user/nightly-export"
    ),
    Scene(
        "Approved by a person",
        "AWS DevOps Agent changed production after an engineer approved it in its chat.",
        'agent:"AWS DevOps Agent" -kind:read',
    ),
    Scene("Made here", "release-bot is an agent only because the registry says so.", "agent:release-bot"),
)
