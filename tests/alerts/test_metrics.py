"""``/metrics``: what Prometheus reads is what is stored."""

from __future__ import annotations

from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from tests.console.asgi import get

from remit.app.figures import Figures
from remit.app.metrics_desk import KEPT_SECONDS, MetricsDesk
from remit.faces.console.site import build_console
from remit.faces.web.access import CLOSED, OPEN_HOUSE
from remit.faces.web.metrics import metrics_route

from .conftest import House


class Ticks:
    """Seconds that the test lets pass."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def app(house: House, ticks: Ticks, entrance: Any = OPEN_HOUSE) -> Any:
    desk = MetricsDesk(house.index, Figures(house.store, "rules-1"), house.desk, lambda: 3, ticks, lambda: house.now)
    site: Any = build_console(
        None,  # type: ignore[arg-type]
        allowed_hosts={"127.0.0.1:8420"},
        demo=False,
        notices=list,
        more=[metrics_route(desk)],
        entrance=entrance,
    )
    return site


def read(application: Any) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = get(application, "/metrics")
    assert answer.status == 200, answer.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def one(found: Any, name: str, **labels: str) -> Any:
    return found.get((name, tuple(sorted(labels.items()))))


def test_what_is_read_is_what_is_stored(house: House) -> None:
    house.happens("old", "DeleteBucket", 4, minutes=-3000)
    house.happens("ada", "DeleteBucket", 3, minutes=-90)
    house.happens("ada", "CreateBucket", 2, minutes=-10)
    house.happens("ada", "PutBucketPolicy", 1, minutes=-5, errorCode="AccessDenied", errorMessage="no")
    house.add("operation:DeleteBucket")
    ticks = Ticks()
    found = read(app(house, ticks))
    stored = {key: value for key, value in found.items() if key[0] == "remit_changes"}
    assert sum(stored.values()) == 9
    assert sum(value for key, value in found.items() if key[0] == "remit_denials") == 1
    windows = {key[1]: value for key, value in found.items() if key[0] == "remit_window_changes"}
    assert sum(value for key, value in windows.items() if ("window", "1h") in key) == 2
    assert sum(value for key, value in windows.items() if ("window", "24h") in key) == 5
    governed = [value for key, value in found.items() if key[0] == "remit_governed_changes_24h"]
    assert sum(governed) == 5
    deletions = [value for key, value in found.items() if key[0] == "remit_source_deletions_24h"]
    assert sum(deletions) == 3
    lag = [value for key, value in found.items() if key[0] == "remit_feed_lag_seconds"]
    assert lag == [300.0]
    assert one(found, "remit_alerts", state="on") == 1
    assert one(found, "remit_firings_unseen") == 0
    assert one(found, "remit_inbox_waiting") == 3
    assert next(key for key in found if key[0] == "remit_build_info")[1][0] == ("rules", "rules-1")


def test_figures_are_gathered_again_only_after_a_while(house: House) -> None:
    ticks = Ticks()
    application = app(house, ticks)
    before = read(application)
    house.happens("ada", "DeleteBucket")
    ticks.now = KEPT_SECONDS - 1
    kept = read(application)
    assert one(kept, "remit_metrics_age_seconds") == KEPT_SECONDS - 1
    assert {k: v for k, v in kept.items() if "age" not in k[0]} == {
        k: v for k, v in before.items() if "age" not in k[0]
    }
    ticks.now = KEPT_SECONDS
    assert sum(value for key, value in read(application).items() if key[0] == "remit_acts") == 1


def test_hostile_names_are_labels_and_nothing_else(house: House) -> None:
    hostile = 'x"} 1\nremit_evil{a="\\'
    house.desk.book.records.add(
        {
            "id": "a", "name": "n", "query": "", "kind": "match", "settings": {}, "channels": [hostile], "enabled": 1,
            "created": "2026-10-01T00:00:00.000000+00:00", "created_by": "x", "version": 1, "place": {},
            "changed": "2026-10-01T00:00:00.000000+00:00",
        },
        [],
        "x",
    )  # fmt: skip
    house.desk.book.records.record(
        "a", 1, {}, at="2026-10-01T00:00:00.000000+00:00", due=0, channels=[hostile],
        fired=[{"fingerprint": "f", "count": 1, "facts": {}}],
    )  # fmt: skip
    found = read(app(house, Ticks()))
    assert not [key for key in found if "evil" in key[0]]
    assert one(found, "remit_deliveries", channel=hostile, state="waiting") == 1


def test_nobody_reads_metrics_who_may_not_read(house: House) -> None:
    assert get(app(house, Ticks(), CLOSED), "/metrics").status in (401, 403)
