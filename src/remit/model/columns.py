"""The one table of event columns. Arrow schema, DDL, JSON shape, query fields and documentation derive from it.

``kind`` is ``string``, ``time`` (microseconds since the epoch, UTC), ``bool``, ``float`` or ``strings`` (a list).
``stage`` says who fills it: ``fact`` by a feed's decoder and never changed afterwards, ``judged`` by attribution and
replaced by a later correction, ``lake`` kept in the lake only and absent from the index.
An absent value is ``None`` (an empty list for ``strings``), never an empty string.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind, who fills it, where it stands in an event's JSON, and the words to query it by."""

    name: str
    kind: str
    stage: str
    doc: str
    json: str = ""
    query: tuple[str, ...] = ()
    facet: str = ""
    text: bool = False


def _fact(name: str, kind: str, doc: str, **more: object) -> Column:
    return Column(name, kind, "fact", doc, **more)  # type: ignore[arg-type]


def _judged(name: str, kind: str, doc: str, **more: object) -> Column:
    return Column(name, kind, "judged", doc, **more)  # type: ignore[arg-type]


# fmt: off
COLUMNS: Final[tuple[Column, ...]] = (
    # --- which record
    _fact("event_id", "string",
        "Remit's id: a digest of what the record says, the same for the same record from any file.", json="event_id",
        query=("id", "event")),
    _fact("time", "time", "When the provider says it happened.", json="time", query=("time",)),
    _fact("provider", "string", "aws, azure, gcp, github, ci or git.", json="provider", query=("provider",),
        facet="Provider"),
    _fact("data_source", "string",
        "Which kind of record: cloudtrail, azure-activity, gcp-audit, github-audit, github-webhook, ci-build or git.",
        json="data_source", query=("data_source", "data"), facet="Data source"),
    _fact("provider_id", "string", "The provider's own id of the record (CloudTrail eventID, GCP insertId, ...).",
        json="provider_id", query=("provider_id",)),
    _fact("feed", "string", "The configured input it came by.", json="feed", query=("feed",)),
    # --- where
    _fact("account", "string", "AWS account id, Azure subscription id, GCP project id, GitHub organization.",
        json="account", query=("account",), facet="Account"),
    _fact("region", "string", "Region or location; `global` for global services.", json="region",
        query=("region", "location"), facet="Location"),
    # --- what
    _fact("service", "string", "Short service name: `ec2`, `s3`, `compute`, `Microsoft.Compute`, `repo`.",
        json="action.service", query=("service",), facet="Service", text=True),
    _fact("operation", "string", "The provider's own name of the call: `RunInstances`.", json="action.operation",
        query=("operation", "action"), facet="Operation", text=True),
    _fact("action_kind", "string", "read, create, update, delete, permission, login or other.", json="action.kind",
        query=("kind", "action_kind"), facet="Action type"),
    _fact("permissions", "strings",
        "The permissions the call needed, as the provider spells them: `ec2:RunInstances`.", json="permissions",
        query=("permission",)),
    _fact("resource_types", "strings", "Types of the resources touched, parallel to resource_ids: `ec2:instance`.",
        query=("type", "resource_type"), facet="Asset type"),
    _fact("resource_ids", "strings", "Ids of the resources touched: `i-0abc`, a bucket's name.", query=("resource",),
        text=True),
    _fact("resource_arns", "strings",
        "Full names of the resources touched, parallel to resource_ids; `` where unknown.", query=("arn",)),
    # --- how it ended
    _fact("outcome", "string", "success, failure or denied.", json="outcome", query=("outcome",), facet="Outcome"),
    _fact("denied", "bool", "The provider refused it for lack of permission or by a policy.", json="denied",
        query=("denied",), facet="Denied"),
    _fact("error_code", "string", "The provider's error code.", json="error_code", query=("error",)),
    _fact("error_message", "string", "The provider's error message.", json="error_message", text=True),
    _fact("deny_policy_type", "string", "Which kind of policy denied it.", json="deny.policy_type",
        query=("deny_type", "policy_type"), facet="Denied by"),
    _fact("deny_policy_arn", "string", "The denying policy, where the message names it.", json="deny.policy_arn",
        query=("policy",)),
    _fact("deny_implicit", "bool",
        "True: nothing allowed it. False: something denied it. None: the message does not say.",
        json="deny.implicit"),
    _fact("deny_rule", "string", "The message form or provider rule that says so.", json="deny.rule",
        query=("deny_rule",)),
    _fact("deny_action", "string", "The permission that was missing or denied.", json="deny.action",
        query=("deny_action",)),
    _fact("deny_resource", "string", "The resource it was denied on.", json="deny.resource"),
    # --- who, as the provider says it: the fields signals read
    _fact("principal_type", "string",
        "The provider's type of identity: `IAMUser`, `AssumedRole`, `serviceAccount`, `Bot`.", json="principal.type",
        query=("principal_type",)),
    _fact("principal", "string", "The identity that called: an ARN, an e-mail, a UPN, a login.", json="principal.arn",
        query=("principal",), text=True),
    _fact("principal_id", "string", "Its immutable id: AWS principalId, Azure oid, GitHub numeric id.",
        json="principal.id"),
    _fact("principal_name", "string", "Its short name: a user name, role session name, login.",
        json="principal.name"),
    _fact("issuer", "string", "What stands behind a session: the role's ARN, the impersonating account.",
        json="principal.issuer", query=("role", "issuer")),
    _fact("role_session", "string", "AWS role session name.", json="principal.role_session", query=("role_session",)),
    _fact("access_key", "string", "The key id the call was signed with (never the secret).",
        json="principal.access_key", query=("access_key", "key")),
    _fact("source_identity", "string", "AWS source identity, set when the first role was assumed.",
        json="principal.source_identity", query=("source_identity",)),
    _fact("federation", "string", "The identity provider: an OIDC issuer's host, a SAML provider's ARN.",
        json="principal.federation", query=("federation",)),
    _fact("federation_subject", "string", "The subject that provider named: `repo:acme/app:ref:refs/heads/main`.",
        json="principal.federation_subject", query=("subject",)),
    _fact("invoked_by", "string", "The AWS service that called for the principal.", json="principal.invoked_by",
        query=("invoked_by",)),
    _fact("app_id", "string", "The client application: Azure appid, GitHub app, OAuth client.",
        json="principal.app_id", query=("app",)),
    _fact("delegator", "string",
        "Whom the record itself says the principal acts for: onBehalfOf user, delegation chain.",
        json="principal.delegator"),
    _fact("source_ip", "string", "Caller's address, or the service's name in its place.", json="source_ip",
        query=("ip",)),
    _fact("user_agent", "string", "What the caller says it is.", json="user_agent", query=("user_agent", "ua")),
    _fact("event_type", "string", "The record's own type: `AwsServiceEvent`, a webhook's event name.",
        json="event_type"),
    _fact("markers", "strings",
        "Other marks of the record that signals read, each `key=value`: "
        "`session_from_console=true`, `actor_is_agent=true`, `co_author=noreply@anthropic.com`.",
        json="markers"),
    # --- what ties records together
    _fact("request_id", "string", "The provider's request id.", json="request_id", query=("request_id",)),
    _fact("link_offers", "strings",
        "Link keys other records may join to: `key:ASIA…`, `request:…`, `signin:…`, `run:…`."),
    _fact("link_asks", "strings", "Link keys this record joins by, besides its access key."),
    _fact("repository", "string", "`owner/name`.", json="change.repository", query=("repository", "repo")),
    _fact("commit", "string", "Commit sha.", json="change.commit", query=("commit",)),
    _fact("pull_request", "string", "Pull or merge request number.", json="change.pull_request", query=("pr",)),
    _fact("run", "string", "CI run id.", json="change.run", query=("run",)),
    _fact("ticket", "string", "Ticket named by a branch, commit or title: `PAY-123`.", json="change.ticket",
        query=("ticket",)),
    # --- authorization context beyond what other columns say
    _fact("context", "string",
        "Condition keys present in the record that no other column carries, canonical JSON `{key: [values]}`.",
        json="context"),
    _fact("context_unknown", "strings", "Condition keys the record cannot settle."),
    # --- judged
    _judged("actor_kind", "string", "person, agent, pipeline, workload, service or unknown.", json="actor.kind",
        query=("actor_kind", "who"), facet="Actor kind"),
    _judged("actor_id", "string", "The actor's stable id.", json="actor.id", query=("actor_id",)),
    _judged("actor_name", "string", "The actor's name for people.", json="actor.name", query=("actor",),
        facet="Actor", text=True),
    _judged("agent", "string", "The agent's product name, `Claude Code`, or its name in identities.toml.",
        json="actor.agent", query=("agent",), facet="Agent", text=True),
    _judged("on_behalf_of", "string", "The person or pipeline whose credential or order it acted on.",
        json="actor.on_behalf_of", query=("on_behalf_of", "for"), text=True),
    _judged("path", "string", "console, cli, sdk, iac, mcp, gateway, vcs, workflow, provider or unknown.",
        json="path", query=("path",), facet="Path"),
    _judged("source", "string", "AgentOps, ClickOps, IaC, CLI/SDK, Mutation, VCS, Workflow or Unknown.",
        json="source", query=("source",), facet="Source"),
    _judged("governed", "string", "gateway, pipeline, exempt, none or unknown.", json="governed", query=("governed",),
        facet="Governed"),
    _judged("environment", "string", "From account, tags, code or identities.toml; never from a name.",
        json="environment", query=("environment", "env"), facet="Environment"),
    _judged("owner", "string", "From identities.toml, tags or code.", json="owner", query=("owner",), facet="Owner"),
    _judged("session_id", "string", "The agent's task session, where known.", json="session.id", query=("session",)),
    _judged("session_objective", "string", "What the session was for.", json="session.objective", text=True),
    _judged("session_ticket", "string", "The session's ticket.", json="session.ticket"),
    _judged("confidence", "float", "0 to 1; see the strengths of evidence.", json="attribution.confidence",
        query=("confidence",)),
    _judged("evidence", "strings",
        "Signals that fired: `signal-id`, or `signal-id=value` where the value is not a column.", query=("signal",)),
    _judged("runner_up", "string", "The best other reading, and what would settle it.", json="attribution.runner_up"),
    _judged("counted", "bool", "False when another record of the same act is the one that counts.", json="counted",
        query=("counted",)),
    _judged("same_as", "strings", "event_ids of other records of the same act.", json="same_as"),
    _judged("rules_version", "string", "The attribution rules that judged it.", json="attribution.rules_version",
        query=("rules",)),
    # --- lake only
    Column("raw", "string", "lake", "The record as received, credentials redacted."),
)
# fmt: on

BY_NAME: Final = {column.name: column for column in COLUMNS}
FACTS: Final = tuple(column for column in COLUMNS if column.stage == "fact")
JUDGED: Final = tuple(column for column in COLUMNS if column.stage == "judged")
INDEXED: Final = tuple(column for column in COLUMNS if column.stage != "lake")
QUERY_FIELDS: Final = {word: column for column in COLUMNS for word in column.query}
FACETS: Final = tuple(column for column in COLUMNS if column.facet)
TEXT: Final = tuple(column for column in COLUMNS if column.text)
