"""The desks of one open store: each a set of calls with JSON-able answers, alike for console, API and commands.

``questions`` is the desk that reads. Every other one is a class in a module of its own, added to ``make_desks``; only
the calls named here can be made from outside the process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from remit.app.alert_desk import CALLS, AlertDesk
from remit.app.attach_desk import ATTACH_CALLS, AttachDesk
from remit.app.backtest_desk import BacktestDesk
from remit.app.config.schema import Configuration
from remit.app.desk import LocalDesk
from remit.app.feeds_desk import FeedsDesk
from remit.app.identities_desk import IdentitiesDesk
from remit.app.live_desk import LiveDesk
from remit.app.metrics_desk import MetricsDesk
from remit.app.organization_desk import OrganizationDesk
from remit.app.permissions_desk import PermissionsDesk
from remit.app.removing import RemovalDesk
from remit.flows.access.sign_ins import SignIns
from remit.flows.access.tokens import Tokens
from remit.flows.exporting import Exporter
from remit.flows.insights import PolicyInsights
from remit.flows.library import GuardrailLibrary
from remit.flows.views import SavedViews

QUESTIONS: Final = "questions"
IDENTITIES: Final = "identities"
LIVE: Final = "live"
PUSH: Final = "push"
"""Only a server takes deliveries."""
VIEWS: Final = "views"
TOKENS: Final = "tokens"
REMOVAL: Final = "removal"
FEEDS: Final = "feeds"
SIGN_INS: Final = "sign_ins"
"""Not asked from outside: a sign-in belongs to a browser."""
ALERTS: Final = "alerts"
ORGANIZATION: Final = "organization"
BACKTEST: Final = "backtest"
GUARDRAILS: Final = "guardrails"
INSIGHTS: Final = "insights"
ATTACHING: Final = "attaching"
EXPORTS: Final = "exports"
PERMISSIONS: Final = "permissions"
METRICS: Final = "metrics"
"""Not asked from outside: it answers /metrics."""
ASKED: Final[Mapping[str, frozenset[str]]] = {
    QUESTIONS: frozenset(
        {
            "search",
            "overview",
            "facet",
            "facets",
            "difference",
            "counts",
            "histogram",
            "near",
            "show",
            "who",
            "around",
            "who_examples",
            "agents",
            "agent",
            "denials",
            "doctor",
            "digest",
            "suggest_identities",
            "export",
        }
    ),
    IDENTITIES: frozenset({"entries", "suggest", "preview", "map", "standing"}),
    LIVE: frozenset({"place", "tail"}),
    VIEWS: frozenset({"list", "show", "save", "change", "delete"}),
    TOKENS: frozenset({"create", "list", "revoke"}),
    FEEDS: frozenset({"list", "show", "retry"}),
    REMOVAL: frozenset({"preview", "retention", "journal"}),
    ALERTS: CALLS,
    ORGANIZATION: frozenset({"show", "take", "target_ids", "holds"}),
    BACKTEST: frozenset({"run"}),
    GUARDRAILS: frozenset({"list", "frameworks", "show", "render", "faults"}),
    INSIGHTS: frozenset({"lint", "lint_guardrail", "fix", "checks"}),
    ATTACHING: ATTACH_CALLS,
    EXPORTS: frozenset({"export_guardrail", "export_text"}),
    PERMISSIONS: frozenset({"can", "narrow"}),
}
"""Desk -> the calls that may come over the control socket; nothing else is reachable by name."""
STREAMED: Final[Mapping[str, frozenset[str]]] = {QUESTIONS: frozenset({"export"}), LIVE: frozenset({"tail"})}
"""Desk -> calls whose answer is many items."""


def make_desks(
    questions: LocalDesk,
    configured: Configuration,  # noqa: ARG001 - for those to come
    *,
    identities: IdentitiesDesk,
    live: LiveDesk,
    views: SavedViews,
    tokens: Tokens,
    sign_ins: SignIns,
    removal: RemovalDesk,
    alerts: AlertDesk,
    feeds: FeedsDesk,
    metrics: MetricsDesk,
    organization: OrganizationDesk,
    backtest: BacktestDesk,
    guardrails: GuardrailLibrary,
    insights: PolicyInsights,
    attaching: AttachDesk,
    permissions: PermissionsDesk,
) -> dict[str, Any]:
    """Every desk by name."""
    return {
        QUESTIONS: questions,
        IDENTITIES: identities,
        LIVE: live,
        VIEWS: views,
        TOKENS: tokens,
        SIGN_INS: sign_ins,
        REMOVAL: removal,
        ALERTS: alerts,
        FEEDS: feeds,
        METRICS: metrics,
        ORGANIZATION: organization,
        BACKTEST: backtest,
        GUARDRAILS: guardrails,
        INSIGHTS: insights,
        ATTACHING: attaching,
        EXPORTS: Exporter(guardrails, insights, organization.target_ids),
        PERMISSIONS: permissions,
    }
