"""The backtest section: guardrails of the library tried on everything that a store holds.

``figures`` are what is counted (would deny, would not, unknown); ``answer`` is all of it, with who, when and samples.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Final

from remit.adapters.store.index.contexts import Contexts
from remit.adapters.store.store import Store
from remit.app.catalogue import load_guardrails
from remit.app.packaged import load_reference
from remit.flows.backtest.measure import measure
from remit.flows.backtest.trial import Trial, backtest
from remit.rooms.guardrails.backtest import Kernel
from remit.rooms.guardrails.rendering import example_values, render
from remit.rooms.guardrails.requests import Translation
from remit.rooms.guardrails.verdicts import Scope
from remit.rooms.iam import CompiledPolicy, parse_document
from remit.rooms.query.predicate import EVERYTHING

Json = dict[str, Any]
POLICIES: Final = (
    "org-deny-leave",
    "rds-deny-public",
    "region-allowlist-deny",
    "tag-require-broad",
    "agent-mfa-human-approval",
    "iam-require-mfa",
)
"""One that concerns no call of the corpus, one of two operations, one of nearly all, one of many with a tag, one that
asks of the session whether it has MFA, and one that asks of the resource as well."""


def backtests(folder: str, runs: int) -> Json:
    """Seconds, wall and CPU, the median of ``runs`` after one that warms the disk's cache."""
    with Store.open(Path(folder), "benchmark") as store:
        contexts, translation = Contexts(store.index), Translation(load_reference())
        found = [_tried(contexts, translation, name, runs) for name in POLICIES]
    return {"policies": found, "events": found[0]["events"]}


def _tried(contexts: Contexts, translation: Translation, name: str, runs: int) -> Json:
    guardrail = load_guardrails().guardrail(name)
    document = parse_document(render(guardrail, example_values(guardrail)), name)
    policy, scope = CompiledPolicy(document, guardrail.type.lower()), Scope(guardrail.type)
    answer = backtest(contexts, Trial(policy, scope, EVERYTHING), translation)
    counted: list[tuple[float, float]] = []
    whole: list[tuple[float, float]] = []
    for _ in range(runs):
        began, cpu = time.perf_counter(), time.process_time()
        measure(contexts, Kernel([policy], translation, scope), EVERYTHING)
        counted.append((time.perf_counter() - began, time.process_time() - cpu))
        began, cpu = time.perf_counter(), time.process_time()
        backtest(contexts, Trial(policy, scope, EVERYTHING), translation)
        whole.append((time.perf_counter() - began, time.process_time() - cpu))
    return {
        "policy": name,
        "events": answer["left_out"]["total"],
        "would_deny": answer["figures"]["would_deny"],
        "unknown": answer["figures"]["unknown"],
        "combinations": answer["judged"]["combinations"],
        "figures_s": statistics.median(wall for wall, _ in counted),
        "figures_cpu_s": statistics.median(cpu for _, cpu in counted),
        "answer_s": statistics.median(wall for wall, _ in whole),
        "answer_cpu_s": statistics.median(cpu for _, cpu in whole),
    }


if __name__ == "__main__":
    print(json.dumps({"backtests": backtests}[sys.argv[1]](**json.loads(sys.argv[2]))))
