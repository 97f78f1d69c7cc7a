"""What the keeper of a data folder can do with it: answer questions, and work on it, whoever asks.

A command that keeps the folder itself and a server that is asked over its control socket both come through here.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

from remit.adapters.clouds.aws.policies import OrganizationPolicies
from remit.adapters.store.beside import StoreBeside
from remit.adapters.store.inbox import Inbox
from remit.adapters.store.index.changes import IndexChanges
from remit.adapters.store.index.contexts import Contexts
from remit.adapters.store.index.narrowed import reader_of
from remit.adapters.store.index.remembered import Remembered
from remit.adapters.store.secrets import Secrets
from remit.adapters.store.state.proposals import BacktestTable, ProposalTable
from remit.adapters.store.state.tokens import StoredSignIns, StoredTokens
from remit.adapters.store.state.views import ViewTable
from remit.adapters.store.store import Store
from remit.app.alert_desk import AlertDesk
from remit.app.attach_desk import AttachDesk
from remit.app.authorization_files import authorization_of
from remit.app.backtest_desk import BacktestDesk
from remit.app.catalogue import load_guardrails
from remit.app.config.reading import load_configuration
from remit.app.config.schema import Configuration
from remit.app.connecting import connect_aws
from remit.app.desk import LocalDesk
from remit.app.desks import make_desks
from remit.app.feeds_desk import FeedsDesk
from remit.app.figures import Figures
from remit.app.findings import findings_of, make_insights
from remit.app.following import follow_target
from remit.app.identities_desk import IdentitiesDesk
from remit.app.ingesting import Ingesting, reattribute_store
from remit.app.live_desk import LiveDesk
from remit.app.maintaining import maintain
from remit.app.metrics_desk import MetricsDesk
from remit.app.organization_desk import OrganizationDesk
from remit.app.organization_file import OrganizationFile, organization_of
from remit.app.packaged import REGISTRY_FILE, load_guide, load_reference, load_rules
from remit.app.permissions_desk import PermissionsDesk
from remit.app.registry_file import RegistryFile, SharedRegistry
from remit.app.removing import RemovalDesk, erase, expire
from remit.app.watched import WatchedEvents
from remit.flows.access.sign_ins import SignIns
from remit.flows.access.tokens import Tokens
from remit.flows.attaching.attaching import Attaching
from remit.flows.insights import PolicyInsights
from remit.flows.library import GuardrailLibrary
from remit.flows.questions.causes import DenialCauses
from remit.flows.views import SavedViews
from remit.rooms.attribution.judge import Judge
from remit.rooms.attribution.registry import parse_registry

Json = dict[str, Any]
Tell = Callable[[Json], None]
_MOST_PERMISSIONS = 32
"""Identities of which it is remembered what they can do, each some hundred kilobytes."""


def open_desks(store: Store, configured: Configuration | None = None, address: str = "") -> dict[str, Any]:
    """Every desk of an open store, by name. ``configured`` is read from the data folder unless it is given;
    ``address`` is where this server's links lead."""
    configured = configured or load_configuration(store.folder)
    registry = _registry(store)
    judge = Judge(load_rules(), parse_registry(registry.read()[0], str(registry.path)))
    links = address or configured.server.public_url or f"http://127.0.0.1:{configured.server.port}"
    alerts = AlertDesk(WatchedEvents(store.index), store.state, Secrets(store.folder), links)

    beside = isinstance(store, StoreBeside)
    organization = organization_of(store.folder, configured)
    structure = OrganizationDesk(organization, store.state)
    library, insights = GuardrailLibrary(load_guardrails()), make_insights(structure.likely_target_ids)

    def waiting() -> int:
        return sum(1 for _ in Inbox(store.inbox).waiting())

    return make_desks(
        _questions(store, judge, organization),
        configured,
        identities=_identities(store, registry),
        feeds=FeedsDesk(store, reader_of(store.index)),
        removal=RemovalDesk(store, configured.retention),
        live=LiveDesk(reader_of(store.index), IndexChanges(store.index), judge.describe),
        views=SavedViews(ViewTable(store.state), _now, lambda: secrets.token_hex(6)),
        tokens=Tokens(StoredTokens(store.state), store.state),
        sign_ins=SignIns(StoredSignIns(store.state), store.state),
        alerts=alerts,
        organization=structure,
        backtest=_backtest(store, library, insights, organization),
        metrics=MetricsDesk(reader_of(store.index), Figures(store, judge.version), alerts, None if beside else waiting),
        guardrails=library,
        insights=insights,
        attaching=_attaching(store, configured),
        permissions=_permissions(store, configured, organization),
    )


def _permissions(store: Store, configured: Configuration, organization: OrganizationFile) -> PermissionsDesk:
    """Its answers hang on no event, so no arrival makes them untrue; a removal lets go of them with all others."""
    remembered = Remembered(lambda: None, _MOST_PERMISSIONS)
    store.index.memories.add(remembered)
    files = authorization_of(store.folder, configured)
    return PermissionsDesk(
        Contexts(store.index), load_reference, files, organization, _now, remembered.rows, remembered.forget
    )


def _backtest(
    store: Store, library: GuardrailLibrary, insights: PolicyInsights, organization: OrganizationFile
) -> BacktestDesk:
    """A console beside a keeper remembers no backtest: it keeps nothing."""
    record = None if isinstance(store, StoreBeside) else BacktestTable(store.state, store.check_lease).record
    contexts, reader = Contexts(store.index), reader_of(store.index)
    return BacktestDesk(contexts, reader, load_reference(), library, insights, organization, record)


def _attaching(store: Store, configured: Configuration) -> AttachDesk:
    attaching = Attaching(
        ProposalTable(store.state, store.check_lease),
        findings_of,
        BacktestTable(store.state, store.check_lease),
        lambda: datetime.now(UTC),
        lambda: secrets.token_hex(6),
        signed_in_only=configured.auth.mode == "oidc",
    )
    tokens = Tokens(StoredTokens(store.state), store.state)
    return AttachDesk(attaching, tokens, lambda profile, address: OrganizationPolicies(profile, address))


def _identities(store: Store, registry: RegistryFile) -> IdentitiesDesk:
    def judge_again(tell: Tell) -> Json:
        with store.working:
            return work(store, "reattribute", {}, tell)

    return IdentitiesDesk(reader_of(store.index), registry, store.state, judge_again)


def _registry(store: Store) -> RegistryFile:
    if isinstance(store, StoreBeside):
        return SharedRegistry(store.state.setting, store.refuse)
    return RegistryFile(store.folder / REGISTRY_FILE)


def _now() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


def _questions(store: Store, judge: Judge, organization: OrganizationFile) -> LocalDesk:
    reader = reader_of(store.index)
    causes = DenialCauses(Contexts(store.index), reader, organization.organization, load_reference())
    return LocalDesk(reader, store, Figures(store, judge.version), judge.describe, load_guide(), causes=causes)


def work(
    store: Store,
    verb: str,
    arguments: Json,
    tell: Tell,
    stop: threading.Event | None = None,
    turn: AbstractContextManager[Any] | None = None,
) -> Json:
    """One long piece of work on an open store, by name: what a command and the control socket both call.

    ``turn`` keeps pieces of work apart; only a watch takes it itself, for every other one the caller holds it.
    """
    store.check_lease()
    if verb == "ingest":
        options = arguments["options"]
        return Ingesting(store, options, tell).from_target(arguments["target"], options)
    if verb == "watch":
        target, options = arguments["target"], arguments["options"]
        return follow_target(store, target, options, tell, stop or threading.Event(), turn or nullcontext())
    if verb == "connect_aws":
        return connect_aws(store, arguments["options"], tell)
    if verb == "erase":
        return erase(store, arguments["subject"], arguments["who"], tell)
    if verb == "expire":
        return expire(store, arguments["keep"], arguments["who"])
    if verb == "maintain":
        return maintain(store, arguments["who"], float(arguments["grace_hours"]), tell)
    return {**reattribute_store(store, tell), "finished": time.time()}
