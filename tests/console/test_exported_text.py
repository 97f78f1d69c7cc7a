"""An export as the console shows it is the very file that the command writes, for whoever copies it from the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.cli.conftest import Remit
from tests.cli.conftest import remit as remit

from remit.adapters.store.store import Store
from remit.app.keeping import open_desks
from remit.faces.console.guardrail_export import FORMS

from .asgi import get
from .conftest import console_of
from .test_guardrail_editor import SHADOWED, posted

NAMED = "region-allowlist-deny"


class _Exported(HTMLParser):
    """The text of the element ``exported``, as a browser's ``textContent`` gives it; None while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._inside = False
        self.text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if dict(attrs).get("id") == "exported":
            self._inside, self.text = True, ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text = f"{self.text}{data}"


def exported(page: str) -> str:
    found = _Exported()
    found.feed(page)
    assert found.text is not None
    return found.text


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with Store.open(tmp_path_factory.mktemp("exported"), "test") as store:
        desks = open_desks(store)
        yield console_of([], desk=desks["questions"], desks=desks)


@pytest.mark.parametrize("form", FORMS)
def test_what_the_page_shows_of_a_guardrail_is_what_the_command_writes(app: Any, remit: Remit, form: str) -> None:
    asked = urlencode({"set.approved_regions": "eu-west-1", "form": form})
    page = get(app, f"/guardrails/{NAMED}?{asked}").text
    command = remit("guardrails", "export", NAMED, "--set", "approved_regions=eu-west-1", "--format", form)
    assert (command.status, exported(page)) == (0, command.out)
    assert form == "json" or exported(page).count("\n") > 10


@pytest.mark.parametrize("form", FORMS)
def test_what_the_editor_shows_is_what_the_command_writes(app: Any, remit: Remit, tmp_path: Path, form: str) -> None:
    file = tmp_path / "mine.json"
    file.write_text(SHADOWED)
    page = posted(app, text=SHADOWED, type="scp", name="mine", do="export", form=form).text
    command = remit("guardrails", "export", str(file), "--type", "scp", "--name", "mine", "--format", form)
    assert (command.status, exported(page)) == (0, command.out)


def test_letters_that_cannot_be_seen_stay_marked_between_real_line_breaks(app: Any) -> None:
    policy = json.loads(SHADOWED)
    policy["Statement"][0]["Condition"] = {"StringEquals": {"aws:PrincipalTag/team": "\u202eabc\u200b\x1b"}}
    page = posted(app, text=json.dumps(policy), type="scp", name="mine", do="export", form="terraform").text
    shown = exported(page)
    assert not {"\u202e", "\u200b", "\x1b"} & set(shown)
    assert "202e" in shown
    assert shown.count("\n") > 10
