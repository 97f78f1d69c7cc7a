"""What the API needs of the desks. Answers are JSON-able; errors are of the tree in ``model/errors.py``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

Json = dict[str, Any]


class Questions(Protocol):
    """Questions to one store."""

    def search(self, query: str, limit: int = 50, cursor: str | None = None) -> Json: ...
    def counts(self, query: str, columns: Sequence[str] = (), limit: int = 20, buckets: int = 60) -> Json: ...
    def difference(self, query: str, against: str = "rest", picked: Sequence[str] = (), wide: str = "") -> Json: ...
    def show(self, event_id: str) -> Json: ...
    def who(self, subject: str) -> Json: ...
    def agents(self, window: str) -> Json: ...
    def agent(self, name: str, window: str) -> Json: ...
    def denials(self, query: str, limit: int = 50) -> Json: ...
    def export(self, query: str, form: str, limit: int | None = None) -> Iterator[str]: ...


class Permissions(Protocol):
    """What agents' credentials allow; see ``remit.app.permissions_desk``."""

    def panel(self, agent: str, window: str, *, whole: bool) -> Json: ...


class Views(Protocol):
    """Saved views; see ``remit.flows.views``."""

    def list(self) -> Json: ...
    def show(self, named: str) -> Json: ...
    def save(self, name: str, query: str, since: str = "", until: str = "", *, by: str) -> Json: ...
    def change(
        self,
        named: str,
        version: int,
        *,
        by: str,
        name: str | None = None,
        query: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Json: ...
    def delete(self, named: str, version: int, *, by: str) -> Json: ...


class Alerts(Protocol):
    """Alerts; see ``remit.app.alert_desk``."""

    def alerts(self) -> Json: ...
    def show(self, alert: str) -> Json: ...
    def add(self, given: Mapping[str, Any], who: str) -> Json: ...
    def change(self, alert: str, given: Mapping[str, Any], version: int | None, who: str) -> Json: ...
    def remove(self, alert: str, version: int | None, who: str) -> None: ...
    def see(self, who: str, alert: str | None = None) -> int: ...
    def test(self, alert: str, who: str) -> list[Json]: ...
    def dry_run(self, given: Mapping[str, Any]) -> Json: ...


class Attaching(Protocol):
    """Proposals to attach a policy; see ``remit.app.attach_desk``."""

    def proposals(self) -> Json: ...
    def show(self, proposal: str) -> Json: ...
    def caller(self, name: str, kind: str) -> Any: ...
    def as_person(self, person: Any) -> Any: ...


class Library(Protocol):
    """The library of guardrails; see ``remit.flows.library``."""

    def list(self, text: str = "", frameworks: Sequence[str] = (), service: str = "", type: str = "") -> Json: ...
    def frameworks(self) -> Json: ...
    def show(self, named: str) -> Json: ...
    def render(self, named: str, values: Mapping[str, Any]) -> Json: ...


class PolicyChecks(Protocol):
    """Insights; see ``remit.flows.insights``."""

    def lint(
        self, text: str, type: str = "", targets: Sequence[str] | None = None, beside: Sequence[str] = ()
    ) -> Json: ...
    def lint_guardrail(
        self, named: str, values: Mapping[str, Any] | None = None, targets: Sequence[str] | None = None
    ) -> Json: ...
    def fix(
        self,
        text: str,
        type: str = "",
        targets: Sequence[str] | None = None,
        beside: Sequence[str] = (),
        keep_effect: bool = False,
    ) -> Json: ...
    def checks(self) -> Json: ...


class Exports(Protocol):
    """Policies for other tools; see ``remit.flows.exporting``."""

    def export_guardrail(
        self, named: str, values: Mapping[str, Any], form: str, targets: Sequence[str] = (), name: str = ""
    ) -> Json: ...
    def export_text(
        self, text: str, form: str, kind: str = "", targets: Sequence[str] = (), name: str = "policy"
    ) -> Json: ...
    def wanted(
        self, source: Mapping[str, Any], kind: str = "", targets: Sequence[str] = (), name: str = ""
    ) -> Json: ...


class Backtests(Protocol):
    """Policies tried on past calls; see ``remit.app.backtest_desk``."""

    def run(
        self,
        policy: Json,
        kind: str = "",
        targets: Sequence[str] = (),
        since: str = "30d",
        until: str = "",
        query: str = "",
        against: Json | None = None,
        organization: str | None = None,
        remember: bool = True,
        who: str = "local",
    ) -> Json: ...
