"""What would settle who made a change that carries no marker: settings of the clouds and tools, by what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from remit.flows.questions.window import plural
from remit.rooms.query.predicate import Equals, Not, Predicate, Present, both, either


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting, and the unmarked changes it would have marked."""

    would_mark: Predicate
    sentence: str


_AWS: Final = Equals("provider", "aws")
_SHARED_KEY: Final = both(_AWS, Equals("principal_type", "IAMUser"))
SETTINGS: Final = (
    Setting(
        both(_AWS, Equals("principal_type", "AssumedRole"), Not(Present("source_identity"))),
        "Require sts:SourceIdentity in the trust policies of the roles people and agents assume: AWS stamps it on "
        "every later call.",
    ),
    Setting(
        both(_AWS, either(Equals("path", name) for name in ("cli", "sdk", "unknown"))),
        "Set AWS_SDK_UA_APP_ID (sdk_ua_app_id in the AWS config) where each agent, pipeline and script runs: its "
        "calls then carry app/NAME in the user agent.",
    ),
    Setting(
        _SHARED_KEY,
        "Replace IAM users' long-lived keys by one role for each agent, pipeline and workload: a "
        "shared key cannot tell its users apart.",
    ),
    Setting(
        both(_AWS, Present("access_key"), Equals("principal_type", "AssumedRole")),
        "Ingest the sts events (AssumeRole*, all regions, of the account that issued the credentials): they join "
        "the calls of a session to whoever started it.",
    ),
    Setting(
        Equals("provider", "azure"),
        "Give each agent and pipeline its own app registration or managed identity, "
        "and map its app id in identities.toml.",
    ),
    Setting(
        Equals("provider", "gcp"),
        "Give each agent and pipeline its own service account and have people "
        "impersonate it: the audit log then names both.",
    ),
    Setting(
        Equals("provider", "github"),
        "Have agents work through their GitHub App instead of a person's token: the record then names the app.",
    ),
    Setting(
        Equals("provider", "git"),
        "Have agents commit under an account of their own or with their Co-authored-by "
        "trailer left on: a commit otherwise names only the person whose machine it was.",
    ),
)
_MOST: Final = 4


def settled_by(unmarked: Predicate) -> dict[str, Predicate]:
    """What to count among changes: by each setting's sentence, the unmarked ones that it would have marked."""
    return {each.sentence: both(unmarked, each.would_mark) for each in SETTINGS}


def settle_sentences(counted: Mapping[str, int]) -> list[str]:
    """The settings that would have marked most of these changes, each with how many."""
    pairs = [(counted[each.sentence], each.sentence) for each in SETTINGS]
    ranked = sorted((pair for pair in pairs if pair[0]), key=lambda pair: -pair[0])
    return [f"{sentence} ({plural(count, 'change')} of this window)" for count, sentence in ranked[:_MOST]]
