"""What every answer carries, and who is not answered."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import remit.faces.console
from remit.faces.web.guard import CONTENT_SECURITY_POLICY

from .asgi import get
from .conftest import SCENES, Console
from .estate import Desk, mixed

FOLDER = Path(remit.faces.console.__file__).parent
PATHS = ("/", "/?q=nofield:1", "/events/unknown", "/nowhere", "/livez", "/readyz", "/static/x/none.css", "/agents")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_security_headers(console: Console, path: str) -> None:
    headers = get(console(mixed(2)), path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in headers if name.startswith("access-control")]


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'")
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        (("127.0.0.1:8420",), 200),
        (("localhost:9999",), 200),
        (("LOCALHOST",), 200),
        (("127.0.0.1:1",), 421),
        (("evil.example",), 421),
        (("evil.example:8420",), 421),
        (("localhost.evil.example",), 421),
        ((), 400),
        (("localhost", "localhost"), 400),
        (("",), 400),
        (("local host",), 400),
        (("localhost@evil",), 400),
        (("localhost:8420:1",), 400),
        (("[::1]:8420",), 421),
    ],
)
def test_only_the_named_hosts_are_answered(console: Console, hosts: tuple[str, ...], status: int) -> None:
    answer = get(console(mixed(1)), "/livez", hosts=hosts)
    assert answer.status == status
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_a_page_can_only_be_read(console: Console, method: str) -> None:
    answer = get(console(mixed(1)), "/", method=method)
    assert answer.status == 405


def test_a_request_that_says_its_length_in_two_ways_is_its_connection_s_last(console: Console) -> None:
    both = [("content-length", "5"), ("transfer-encoding", "chunked")]
    answer = get(console(mixed(1)), "/livez", headers=both)
    assert (answer.status, answer.headers["connection"]) == (400, "close")


def test_head_answers_without_a_body(console: Console) -> None:
    assert get(console(mixed(1)), "/livez", method="HEAD").status == 200


def test_a_fault_shows_no_trace(console: Console, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Desk):
        def overview(self, query: str) -> dict:
            raise RuntimeError("secret detail")

    app = console([], desk=Broken([]))
    answer = get(app, "/")
    assert answer.status == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "content-security-policy" in answer.headers
    assert "secret detail" in caplog.text
    assert get(app, "/readyz").status == 503
    assert get(app, "/livez").status == 200


def test_what_a_page_loads_is_there_and_kept_for_good(console: Console) -> None:
    app = console(mixed(1))
    urls = re.findall(r'(?:href|src)="(/static/[^"]+)"', get(app, "/").text)
    assert {url.rpartition("/")[2] for url in urls} >= {"console.css", "console.js", "event_center.css"}
    for url in urls:
        answer = get(app, url)
        assert answer.status == 200
        assert "immutable" in answer.headers["cache-control"]
        older = get(app, re.sub(r"/static/[^/]+", "/static/0000", url))
        assert older.headers["cache-control"] == "no-cache"
    assert get(app, "/favicon.ico").headers["content-type"] == "image/svg+xml"
    assert get(app, "/").headers["cache-control"] == "no-store"


def test_no_file_outside_the_static_folder_is_served(console: Console) -> None:
    for path in ("/static/x/..%2fsite.py", "/static/x/%2e%2e/site.py", "/static/x/site.py", "/static/../site.py"):
        assert get(console(mixed(1)), path).status == 404


def test_style_and_scripts_stay_small(console: Console) -> None:
    app = console(mixed(1))
    digest = re.search(r"/static/([^/]+)/", get(app, "/").text)[1]
    names = [each.name for each in (FOLDER / "static").iterdir()]
    packed = {name: len(gzip.compress(get(app, f"/static/{digest}/{name}").body)) for name in names}
    assert sum(size for name, size in packed.items() if name.endswith(".css")) < 15 * 1024
    assert sum(size for name, size in packed.items() if name.endswith(".js")) < 40 * 1024


def test_the_first_page_stays_small(console: Console) -> None:
    assert len(gzip.compress(get(console(mixed(200), demo=True, scenes=SCENES), "/").body)) < 40 * 1024


def test_nothing_is_fetched_from_elsewhere() -> None:
    for each in [*(FOLDER / "templates").iterdir(), *(FOLDER / "static").iterdir()]:
        found = re.findall(r"(?:https?:)?//[\w.]+\.\w+", each.read_text().replace("http://www.w3.org/2000/svg", ""))
        assert not found, each.name


def _luminance(color: str) -> float:
    digits = "".join(2 * char for char in color) if len(color) == 3 else color
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


TEXT_ON = [(text, ground) for text in ("text", "soft", "accent", "good") for ground in ("bg", "panel", "raised")]
TEXT_ON += [("bad", "bad-soft"), ("bad", "panel"), ("warn", "warn-soft"), ("warn", "panel"), ("demo", "demo-soft")]
TEXT_ON += [("accent", "accent-soft"), ("text", "accent-soft"), ("soft", "accent-soft"), ("soft", "demo-soft")]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground(theme: int) -> None:
    sheet = (FOLDER / "static" / "console.css").read_text()
    colors = dict(
        re.findall(r"--([\w-]+): #([0-9a-f]{6}|[0-9a-f]{3})\b", sheet.split(":root {")[theme + 1].split("}")[0])
    )
    faint = {pair: round(_contrast(colors[pair[0]], colors[pair[1]]), 2) for pair in TEXT_ON}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_colors_of_sources_stand_out_from_the_page(theme: int) -> None:
    sheet = (FOLDER / "static" / "console.css").read_text()
    colors = dict(
        re.findall(r"--([\w-]+): #([0-9a-f]{6}|[0-9a-f]{3})\b", sheet.split(":root {")[theme + 1].split("}")[0])
    )
    named = ("agentops", "clickops", "iac", "cli-sdk", "mutation", "vcs", "workflow", "denied")
    assert {name for name in named if _contrast(colors[name], colors["panel"]) < 3} == set()
