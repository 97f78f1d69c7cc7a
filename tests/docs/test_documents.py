"""The documents are true where a machine can tell: commands, links, generated tables, words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path

import click
import pytest

from remit.faces.cli.main import remit
from remit.faces.cli.options import QueryCommand

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FORBIDDEN = re.compile(
    r"(?<![\w.])/(?:home|root|Users|tmp|work)/"
    r"|\bissue #?\d|(?<=[\s(])#\d{1,4}\b|\bprompt(s|ed)?\b|\bLLM\b|\bTODO\b|\bFIXME\b"
    r"|index-url|shields\.io|badge\.svg|blazing|seamless|cutting-edge|[\U0001F300-\U0001FAFF]",
    re.IGNORECASE,
)


def _commands() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for block in FENCE.findall(document.read_text(encoding="utf-8")):
            if block.startswith("remit "):
                yield from ((document.name, line) for line in block.splitlines() if line.startswith("remit "))


def _resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words name, and what is left for it."""
    command: click.Command = remit
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize(("document", "line"), list(_commands()))
def test_a_command_that_is_shown_exists_with_its_options(document: str, line: str) -> None:
    command, words = _resolve(shlex.split(line)[1:])
    if isinstance(command, click.Group):
        command, words = command, ["list", *words]
        command, words = _resolve(["agents", *words])
    assert isinstance(command, click.Command)
    assert not isinstance(command, click.Group), f"{document}: {line}"
    with command.make_context(command.name, list(words), resilient_parsing=False) as context:
        assert context.params, f"{document}: {line}"


def test_the_documents_show_the_commands_a_newcomer_needs() -> None:
    shown = {line for document, line in _commands() if document == "README.md"}
    for start in ("ingest ", "events search ", "who ", "agents", "agents show ", "denials"):
        assert any(line.startswith(f"remit {start}") for line in shown), start


def test_an_option_that_does_not_exist_is_noticed() -> None:
    command, words = _resolve(["ingest", "folder", "--colour"])
    with pytest.raises(click.UsageError):
        command.make_context("ingest", words)
    assert isinstance(_resolve(["events", "search"])[0], QueryCommand)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in LINK.findall(text):
        if "://" not in target and not target.startswith("#"):
            assert (document.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_speaks_of_the_project_alone(document: Path) -> None:
    found = FORBIDDEN.search(document.read_text(encoding="utf-8"))
    assert not found, found and found.group()


def test_the_table_of_query_fields_is_current() -> None:
    document = (ROOT / "docs" / "query.md").read_text(encoding="utf-8")
    assert import_module("write_query_docs").current(document) == document, "run scripts/write_query_docs.py"


def test_the_table_of_insights_is_current() -> None:
    document = (ROOT / "docs" / "insights.md").read_text(encoding="utf-8")
    assert import_module("write_insights_docs").current(document) == document, "run scripts/write_insights_docs.py"


def test_the_description_of_the_api_is_current() -> None:
    written = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert import_module("write_openapi").current() == written, "run scripts/write_openapi.py"


def test_the_tables_of_settings_are_current() -> None:
    document = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert import_module("write_config_docs").current(document) == document, "run scripts/write_config_docs.py"


def test_pictures_are_small() -> None:
    for picture in (ROOT / "docs").glob("*.png"):
        assert picture.stat().st_size < 200_000, picture.name


def test_the_count_of_signals_is_current() -> None:
    document = (ROOT / "docs" / "attribution.md").read_text(encoding="utf-8")
    assert import_module("write_signal_docs").current(document) == document, "run scripts/write_signal_docs.py"


def test_every_direct_dependency_has_its_reason_and_licence() -> None:
    licences = import_module("check_licences")
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for name in [*licences.direct(), *licences.direct(test=True)]:
        row = re.search(rf"^\| {re.escape(name)} \| \S.* \| (.+) \|$", text, re.MULTILINE)
        assert row, name
        assert row.group(1) == licences.licence_of(distribution(name)), name


def test_nothing_that_running_needs_is_of_the_gpl_family() -> None:
    licences = import_module("check_licences")
    found = licences.runtime()
    assert set(licences.direct()) < set(found)
    assert {name: licence for name, licence in found.items() if licences.refused(licence)} == {}


@pytest.mark.parametrize(
    "licence", ["GPL-3.0-or-later", "AGPL-3.0", "LGPLv3", "GNU Lesser General Public License v2", ""]
)
def test_a_licence_of_the_gpl_family_would_be_refused(licence: str) -> None:
    assert import_module("check_licences").refused(licence)


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda path: path.name)
def test_a_lock_names_no_index_and_pins_every_package_by_hash(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    pinned = [line for line in text.splitlines() if "==" in line]
    assert pinned
    assert all(line.rstrip().endswith("\\") for line in pinned)
    assert text.count("--hash=sha256:") >= len(pinned)
