"""A person in records of every format, read from files, erased by the command, and looked for by other means."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from tests.cli.conftest import Ran, Remit, remit  # noqa: F401 - a fixture
from tests.ingest.test_canaries import AZURE_ACTIVITY, BUILD, CLOUDTRAIL, FORMATS, GCP, GITHUB_AUDIT, placed

WHO = "Zoë.Quill@Example.com"
SPELLED = ("zoë.quill@example.com", "zo\\u00eb.quill@example.com", "zo%c3%ab.quill@example.com")
LIKE = "x.zoë.quill@example.com"
ACTORS: dict[str, tuple[dict[str, Any], str]] = {
    "cloudtrail": (CLOUDTRAIL, "userIdentity.userName"),
    "azure-activity": (AZURE_ACTIVITY, "identity.claims.name"),
    "gcp-audit": (GCP, "protoPayload.authenticationInfo.principalEmail"),
    "github-audit": (GITHUB_AUDIT, "actor"),
    "ci-build": (BUILD, "ci_build.error"),
}


def records() -> Iterator[dict[str, Any]]:
    """Of every format: as the actor, and in every place where free text may stand, plainly and inside other JSON."""
    for name, (template, actor) in ACTORS.items():
        for who in (WHO, LIKE, "somebody"):
            yield placed(template, actor, who)
            for path in FORMATS[name][1]:
                yield placed(template, path, f"done for {who}.\nbye")
                yield placed(template, path, json.dumps({"inner": who}))


def numbered(made: dict[str, Any], number: int) -> dict[str, Any]:
    """With an id of its own, as every provider gives one."""
    ids = {
        "eventSource": ("eventID", f"{number:08}-0000-4000-8000-000000000000"),
        "insertId": ("insertId", f"i{number}"),
        "_document_id": ("_document_id", f"d{number}"),
        "correlationId": ("correlationId", f"{number:08}-0000-4000-8000-000000000001"),
    }
    for mark, (name, value) in ids.items():
        if mark in made:
            made[name] = value
    if "ci_build" in made:
        made["ci_build"] |= {"id": f"b-{number}", "url": f"https://ci.example.com/b-{number}"}
    return made


def checkout(folder: Path) -> Path:
    """A git history: one commit of hers, one that she only co-authored, one of somebody else."""
    folder.mkdir()

    def git(*words: str) -> None:
        names = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, env=os.environ | names)

    git("init", "-q")
    for author, message in (
        (WHO, "one"),
        ("a@b.example", f"two\n\nCo-authored-by: Z <{WHO}>"),
        ("a@b.example", "three"),
    ):
        who = ("-c", f"user.email={author}", "-c", "user.name=Z")
        git(*who, "commit", "-q", "--allow-empty", "-m", message)
    return folder


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    spelled = itertools.cycle([True, False])
    lines = [json.dumps(numbered(made, n), ensure_ascii=next(spelled)) for n, made in enumerate(records())]
    lines += [json.dumps({"no event": WHO}), json.dumps({"no event": "somebody"})]
    (folder / "all.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "cut.json").write_text(f'{{"Records":[{{"a":"{WHO}"}}, {{"b":"{WHO}')
    checkout(folder / "checkout")
    return folder


def leaks(data: Path) -> list[str]:
    """Files with any spelling of the name that is not part of the longer one; Parquet and the index unpacked."""
    texts = {str(path): path.read_bytes().decode("utf-8", "replace") for path in data.rglob("*") if path.is_file()}
    for path in data.rglob("*.parquet"):
        texts[f"{path} unpacked"] = repr(pq.ParquetFile(path).read().to_pylist())
    with duckdb.connect(str(data / "index.duckdb"), read_only=True) as index:
        for (name,) in index.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            texts[f"index {name}"] = repr(index.execute(f'SELECT * FROM "{name}"').fetchall())
    found = []
    for place, text in texts.items():
        plain = text.lower()
        for spelling in (*SPELLED, SPELLED[1].replace("\\", "\\\\")):
            plain = plain.replace(f"x.{spelling}", "")
        found += [place for spelling in SPELLED if spelling in plain]
    return found


def read(remit: Remit, data: Path, logs: Path) -> dict[str, int]:  # noqa: F811
    """Ingest everything; counts over both targets."""
    counts: dict[str, int] = {}
    for target in (str(logs / "all.jsonl"), str(logs / "cut.json"), f"git:{logs / 'checkout'}"):
        told = json.loads(remit("ingest", target, "--data", str(data), "--feed", "logs", "--json").out)
        for name in ("read", "new", "duplicate", "erased"):
            counts[name] = counts.get(name, 0) + told[name]
    return counts


def test_a_person_in_every_format_is_erased_by_the_command_and_stays_out(remit: Remit, tmp_path, logs):  # noqa: F811
    data = tmp_path / "data"
    first = read(remit, data, logs)
    sources = set(_column(data, "SELECT DISTINCT data_source FROM events"))
    assert sources == {*ACTORS, "git"}
    assert leaks(data), "the name is there, or the test would prove nothing"
    done = _json(remit("erase", WHO, "--data", str(data), "--yes", "--json"))
    assert done["proof"]["found"] == 0
    assert done["quarantine"] == 3
    assert leaks(data) == []
    assert set(_column(data, "SELECT DISTINCT data_source FROM events")) == sources, "others' records stay"
    assert len(_column(data, "SELECT event_id FROM events")) == first["new"] - done["events"]
    again = read(remit, data, logs)
    assert (again["new"], again["erased"]) == (0, done["events"])
    assert again["duplicate"] == first["new"] - done["events"]
    assert leaks(data) == []


def _json(ran: Ran) -> dict[str, Any]:
    assert ran.status == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def _column(data: Path, sql: str) -> list[str]:
    with duckdb.connect(str(data / "index.duckdb"), read_only=True) as index:
        return [value for (value,) in index.execute(sql).fetchall()]


def test_the_log_of_the_lake_bounds_no_column_but_the_time(remit: Remit, tmp_path, logs):  # noqa: F811
    data = tmp_path / "data"
    read(remit, data, logs)
    adds = [
        json.loads(line)["add"]
        for path in data.rglob("_delta_log/*.json")
        for line in path.read_text().splitlines()
        if line.startswith('{"add"')
    ]
    assert adds
    for add in adds:
        stats = json.loads(add["stats"])
        assert {*stats["minValues"], *stats["maxValues"]} == {"time"}
    for path in data.rglob("*.parquet"):
        group = pq.read_metadata(path).row_group(0)
        bounded = {c.path_in_schema for c in map(group.column, range(group.num_columns)) if c.statistics}
        assert bounded <= {"time", "event_id", "quarantine_id"}
