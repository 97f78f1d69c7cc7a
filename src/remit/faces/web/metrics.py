"""``/metrics`` in the format of Prometheus. Names from records are labels, which the library escapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from remit.faces.web.caller import caller_of
from remit.faces.web.statuses import told_status
from remit.model.canonical import event_digest
from remit.model.errors import RemitError

PATH: Final = "/metrics"
_LONGEST_LABEL: Final = 200


class Family(Protocol):
    """One metric with its samples."""

    name: str
    help: str
    labels: tuple[str, ...]
    samples: list[tuple[tuple[str, ...], float]]


class MetricsDesk(Protocol):
    """Where the figures come from."""

    def families(self) -> Sequence[Family]: ...


class _Collector(Collector):
    """The desk's families as the library takes them."""

    def __init__(self, desk: MetricsDesk) -> None:
        self._desk = desk

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every family with its samples."""
        for family in self._desk.families():
            gauge = GaugeMetricFamily(family.name, family.help, labels=family.labels)
            for labels, value in family.samples:
                gauge.add_metric([_label(each) for each in labels], value)
            yield gauge

    def describe(self) -> Iterable[Any]:
        """Nothing: registering must not gather."""
        return ()


def metrics_route(desk: MetricsDesk) -> Route:
    """The endpoint; who asks needs the scope ``read``."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(desk))

    def metrics(request: Request) -> Response:
        try:
            caller_of(request.scope).require("read")
            encode, kind = choose_encoder(request.headers.get("accept", ""))
            body = encode(registry)
        except RemitError as error:
            return PlainTextResponse(f"{error}\n", told_status(error))
        return Response(body, media_type=None, headers={"Content-Type": kind})

    return Route(PATH, metrics)


def _label(text: str) -> str:
    """A label that any reader can decode: short, without lone surrogates, and still of one thing alone."""
    clean = text.encode("utf-8", "replace").decode()
    if len(clean) <= _LONGEST_LABEL:
        return clean
    return f"{clean[:_LONGEST_LABEL]}…{event_digest((text,))}"
