"""The page of identities: a preview before the map, who may map, and two who edit at once."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from remit.adapters.store.index.reader import IndexReader
from remit.app.identities_desk import IdentitiesDesk
from remit.app.registry_file import RegistryFile

from .asgi import Answer, get
from .conftest import console_of
from .estate import NOW, Desk, Row, row
from .page_reader import Page
from .test_real_desk import Engine

HERE = [("Origin", "http://127.0.0.1:8420")]
USER = "arn:aws:iam::111122223333:user/<b>night"


class Settings:
    """Settings and journal in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.said: list[tuple[str, str]] = []

    def setting(self, key: str) -> Any:
        return self.kept.get(key)

    def put_setting(self, key: str, value: object) -> None:
        self.kept[key] = value

    def journal(self, who: str, what: str, facts: Any) -> None:
        self.said.append((who, what))


def unmarked(number: int, **columns: Any) -> Row:
    said = {"actor_kind": "unknown", "agent": None, "confidence": 0.0, "principal": USER, "principal_type": "IAMUser"}
    return row(number, **(said | columns))


def served(rows: list[Row], folder: Path) -> Any:
    desk = IdentitiesDesk(
        IndexReader(Engine(rows)), RegistryFile(folder / "identities.toml"), Settings(), lambda tell: {}, lambda: NOW
    )
    return console_of([], desk=Desk(rows), desks={"identities": desk}, notices=desk.notices)


def post(app: Any, url: str, **values: str) -> Answer:
    return get(app, url, method="POST", headers=HERE, body=urlencode(values).encode())


def version_in(html: str) -> str:
    found = re.search(r'name="version" value="([^"]+)"', html)
    assert found
    return found[1]


def test_a_principal_is_mapped_from_its_row_after_a_preview(tmp_path: Path) -> None:
    app = served([unmarked(1), unmarked(2), row(3)], tmp_path)
    listed = get(app, "/identities")
    page = Page(listed.text)
    assert page.faults == []
    assert "choose" in page.text
    link = next(unescape(each) for each in page.links if each.startswith("/identities?pattern="))
    shown = get(app, link)
    assert Page(shown.text).faults == []
    assert "matches 2 acts of this window, 2 of them changes" in Page(shown.text).text
    made = post(
        app, "/identities/map", version=version_in(shown.text), kind="workload", name="Night", pattern=USER, owner="Ops"
    )
    assert (made.status, made.headers["location"]) == (303, "/identities#standing")
    after = get(app, "/identities").text
    assert "still judged by what it said before" in after
    assert "Judge again now" in after
    assert "Ops" in after
    assert (tmp_path / "identities.toml").read_text().count("[[workload]]") == 1
    assert "still judged by what it said before" in get(app, "/agents").text


def test_everything_written_in_the_form_is_mapped_and_a_pattern_never_shown_is_shown_first(tmp_path: Path) -> None:
    app = served([unmarked(1)], tmp_path)
    written = {"kind": "agent", "name": "Night", "pattern": USER, "owner": "Ops team", "on_behalf_of": "ana"}
    shown = get(app, f"/identities?{urlencode({**written, 'owner': ''})}").text
    assert shown.count('name="owner"') == shown.count('name="on_behalf_of"') == shown.count('name="kind"') == 1
    action = next(unescape(each) for each in re.findall(r'formaction="([^"]+)"', shown))
    other = post(app, action, version=version_in(shown), **{**written, "pattern": "*"})
    assert (other.status, parse_qs(urlsplit(other.headers["location"]).query)["owner"]) == (303, ["Ops team"])
    assert not (tmp_path / "identities.toml").exists()
    assert post(app, action, version=version_in(shown), **written).status == 303
    kept = (tmp_path / "identities.toml").read_text()
    assert 'owner = "Ops team"' in kept
    assert 'on_behalf_of = "ana"' in kept


def test_the_second_of_two_who_edit_at_once_gets_a_conflict_and_nothing_is_lost(tmp_path: Path) -> None:
    app = served([unmarked(1)], tmp_path)
    version = version_in(get(app, "/identities?pattern=x").text)
    assert post(app, "/identities/map", version=version, kind="agent", name="A", pattern="x").status == 303
    second = post(app, "/identities/map", version=version, kind="agent", name="B", pattern="y")
    assert second.status == 409
    assert "somebody else" in second.text
    assert 'name = "B"' not in (tmp_path / "identities.toml").read_text()


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "agent", "name": "A", "pattern": "x"},
        {"version": "0", "kind": "agent", "name": "A", "pattern": "x"},
        {"version": "{}", "kind": "", "name": "A", "pattern": "x"},
        {"version": "{}", "kind": "agent", "name": "A", "pattern": "*"},
        {"version": "{}", "kind": "agent", "name": "A\nB", "pattern": "x"},
    ],
)
def test_a_form_that_cannot_be_is_refused_and_writes_nothing(tmp_path: Path, form: dict[str, str]) -> None:
    app = served([unmarked(1)], tmp_path)
    version = version_in(get(app, "/identities?pattern=x").text)
    answer = post(app, "/identities/map", **{key: value.replace("{}", version) for key, value in form.items()})
    assert answer.status in (400, 409)
    assert not (tmp_path / "identities.toml").exists()


def test_a_page_of_another_site_maps_nothing(tmp_path: Path) -> None:
    app = served([unmarked(1)], tmp_path)
    body = urlencode({"version": "", "kind": "agent", "name": "A", "pattern": "x"}).encode()
    answer = get(app, "/identities/map", method="POST", headers=[("Origin", "http://evil.example")], body=body)
    assert answer.status == 403


def test_an_empty_store_and_an_empty_registry_say_what_to_do(tmp_path: Path) -> None:
    page = Page(get(served([], tmp_path), "/identities").text)
    assert page.faults == []
    assert "remit ingest" in page.text
    assert "The registry is empty." in page.text


@pytest.mark.parametrize("pattern", ["<script>", "*", "?", "'\"", "a\nb", "[x", "x" * 3000])
def test_any_pattern_can_be_asked_for(tmp_path: Path, pattern: str) -> None:
    answer = get(served([unmarked(1)], tmp_path), "/identities?" + urlencode({"pattern": pattern}))
    assert answer.status == 200
    assert Page(answer.text).faults == []
