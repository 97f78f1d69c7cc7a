"""Reads a page as a browser would, far enough to tell whether anything in it was not ours."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "img", "br", "rect", "line"}


class Page(HTMLParser):
    """Tags with the names of their attributes in order, ids, text, links and what is wrong with the nesting."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.skeleton: list[tuple[str, ...]] = []
        self.ids: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []
        self.labelled: set[str] = set()
        self.inputs: list[dict[str, str | None]] = []
        self.faults: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self._escapes = 0
        self.feed(html)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    @property
    def text(self) -> str:
        """All text, white space collapsed."""
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self._open.append("esc" if given.get("class") == "esc" else tag)
        if given.get("class") == "esc":
            return
        self.skeleton.append((tag, *(name for name, _ in attrs)))
        self.tags[tag] += 1
        self._note(tag, given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        opened = self._open.pop() if self._open else ""
        if opened == "esc":
            return
        if opened != tag:
            self.faults.append(f"</{tag}> closes <{opened}>")
        self.skeleton.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"a comment: {data[:40]}")

    def _note(self, tag: str, given: dict[str, str | None]) -> None:
        if given.get("id"):
            self.ids[str(given["id"])] += 1
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag == "label" and given.get("for"):
            self.labelled.add(str(given["for"]))
        if tag == "input" and given.get("type") != "hidden":
            inside = "label" in self._open or bool(given.get("aria-label"))
            self.inputs.append({**given, "inside": "yes" if inside else None})
        if {"style"} & given.keys() or any(name.startswith("on") for name in given):
            self.faults.append(f"<{tag}> carries style or script")
