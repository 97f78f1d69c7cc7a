"""Every signal has its case, and every case reads as it says: decoded, joined within the case, judged, compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

import pytest

from remit.app.packaged import load_formats
from remit.model.columns import BY_NAME
from remit.rooms.attribution.judge import Judge
from remit.rooms.attribution.links import CAUSE, EFFECT, ISSUED_KEY, SAME_ACT, SIGN_IN, Link
from remit.rooms.attribution.registry import Registry
from remit.rooms.attribution.signals import parse_rules
from remit.rooms.events.decoded import Decoded

FOLDER = resources.files("remit.rooms.attribution") / "signals"
RULES = parse_rules({f.name: f.read_bytes() for f in FOLDER.iterdir() if f.name.endswith(".toml")})
JUDGE = Judge(RULES, Registry())
ENGINE_EVIDENCE = ("join.", "registry")
_MAX_CHAIN = 5


def decode(name: str, records: Sequence[bytes]) -> Decoded:
    return load_formats()[name].decode(records, "cases")


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(FOLDER.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".cases.json"):
            for case in json.loads(file.read_text("utf-8")):
                yield file.name, case


def decoded_rows(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    records = [json.dumps(record).encode() for record in case["records"]]
    batch = decode(case["format"], records)
    assert batch.rejects == [], f"not decoded: {batch.rejects}"
    assert batch.rows == list(range(len(records)))
    return [{name: values[row] for name, values in batch.columns.items()} for row in range(len(records))]


def offering(rows: Sequence[Mapping[str, Any]], key: str, but: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row is not but and key in (row.get("link_offers") or ())]


def issuers(rows: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> list[Link]:
    """The record that issued this one's key, the one that issued that one's, and so on."""
    chain: list[Link] = []
    at = row
    while at.get("access_key") and len(chain) < _MAX_CHAIN:
        found = offering(rows, f"key:{at['access_key']}", at)
        if not found or any(link.facts is found[0] for link in chain):
            break
        chain.append(Link(ISSUED_KEY, found[0]))
        at = found[0]
    return chain


def links_of(rows: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> list[Link]:
    links = issuers(rows, row)
    if row.get("request_id"):
        links += [Link(CAUSE, other) for other in offering(rows, f"request:{row['request_id']}", row)]
    for key in row.get("link_offers") or ():
        if key.startswith("same:"):
            links += [Link(SAME_ACT, other) for other in offering(rows, key, row)]
        if key.startswith("request:"):
            effects = [o for o in rows if o is not row and key == f"request:{o.get('request_id')}"]
            links += [Link(EFFECT, other) for other in effects]
    for key in row.get("link_asks") or ():
        relation = SIGN_IN if key.startswith("signin:") else ISSUED_KEY
        links += [Link(relation, other) for other in offering(rows, key, row)]
    return links


def judged_rows(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = decoded_rows(case)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    links = {position: found for position, row in enumerate(rows) if (found := links_of(rows, row))}
    judged = JUDGE.judge(columns, links)
    return [{**row, **{name: values[at] for name, values in judged.items()}} for at, row in enumerate(rows)]


def differences(expected: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    found = []
    for name, value in expected.items():
        actual = row[name]
        if name == "evidence":
            missing = [signal for signal in value if signal not in actual]
            found += [f"evidence lacks {missing}, has {actual}"] if missing else []
        elif name == "runner_up" and value:
            found += [] if value in (actual or "") else [f"runner_up {actual!r} does not say {value!r}"]
        elif actual != value:
            found.append(f"{name} is {actual!r}, not {value!r} (evidence {row['evidence']})")
    return found


@pytest.mark.parametrize(("file", "case"), [pytest.param(f, c, id=f"{f[:-11]}: {c['name']}") for f, c in cases()])
def test_the_case_reads_as_its_label_says(file: str, case: dict[str, Any]) -> None:
    assert len(case["records"]) == len(case["expect"])
    rows = judged_rows(case)
    wrong = {at: d for at, e in enumerate(case["expect"]) if e and (d := differences(e, rows[at]))}
    assert not wrong, f"{file}: {wrong}"


def test_every_signal_is_named_in_the_evidence_of_a_case() -> None:
    named = {signal for _, case in cases() for e in case["expect"] for signal in (e or {}).get("evidence", ())}
    assert sorted(set(RULES.by_id) - named) == []


def test_every_piece_of_evidence_a_case_names_exists() -> None:
    named = {signal for _, case in cases() for e in case["expect"] for signal in (e or {}).get("evidence", ())}
    assert sorted(s for s in named - set(RULES.by_id) if not s.startswith(ENGINE_EVIDENCE)) == []


def test_every_label_is_a_sentence_of_its_own() -> None:
    names = [case["name"] for _, case in cases()]
    assert len(set(names)) == len(names)
    assert [name for name in names if len(name.split()) < 4 or not name[0].isupper()] == []


def test_every_fact_is_a_sentence_and_every_source_an_address() -> None:
    assert [s.id for s in RULES.signals if not s.fact.endswith(".") or len(s.fact) > 320] == []
    assert [s.id for s in RULES.signals if not s.source.startswith("https://")] == []


def test_no_case_expects_anything_of_a_record_it_does_not_have() -> None:
    known = set(BY_NAME)
    strange = {key for _, case in cases() for e in case["expect"] for key in (e or {}) if key not in known}
    assert strange == set()
