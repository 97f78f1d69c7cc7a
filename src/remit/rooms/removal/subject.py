"""Whether a text names a subject: as a whole, never as part of another word.

A subject is what a provider or a person calls somebody: an e-mail address, a login, an ARN, an address, a name. A text
names it where the subject stands with nothing beside it that would make it another name, whatever the case:

* a letter, digit or underscore beside it makes another word: ``ann`` is not in ``joanna``;
* ``.``, ``-``, ``+`` and ``@`` join words when a letter, digit or underscore follows on their other side: ``ann`` is
  not in ``ann@example.com``, ``10.0.0.1`` not in ``10.0.0.12`` nor in ``110.0.0.1``, but a full stop ends a sentence;
* anything else separates: ``ann`` is in ``user/ann``, ``co_author=ann`` and ``@ann``.

Text that travels in JSON or in a URL hides letters behind escapes, so it is read with its escapes undone as well.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote

from remit.model.errors import UsageError

SHORTEST: Final = 3
LONGEST: Final = 512
_UNSEEN: Final = {"Cc", "Cs", "Zl", "Zp"}
_JOINERS: Final = r"[.\-+@]"
_BEFORE: Final = rf"(?<!\w)(?<!\w{_JOINERS})"
_AFTER: Final = rf"(?!\w)(?!{_JOINERS}\w)"
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CODE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_CONTROLS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SURROGATES: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_ESCAPED_LETTER: Final = (
    r"\\u00(?:3[0-9]|[46][1-9a-f]|[57][0-9a])|\\u(?:00[89a-f]|0[1-9a-f]|[1-9a-f])"  # ASCII letters, digits; all beyond
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a removal is about, as it was given (spaces around it taken off)."""

    text: str
    _folded: str = field(init=False, repr=False, compare=False)
    _whole: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        folded = fold(self.text)
        object.__setattr__(self, "_folded", folded)
        object.__setattr__(self, "_whole", re.compile(f"{_BEFORE}{re.escape(folded)}{_AFTER}"))

    def names(self, text: str) -> bool:
        """Whether a plain text names the subject."""
        return any(self._stands_in(form) for form in _plain_forms(text))

    def names_in_source(self, text: str) -> bool:
        """Whether a text with JSON in it names the subject: read as it stands, and with its escapes undone, twice for
        JSON inside a string of JSON."""
        if self.names(text):
            return True
        once = _unescaped(text)
        return once != text and self.names(once)

    def replaced(self, text: str, by: str) -> str:
        """The text with every mention replaced; ``by`` alone where a mention hides behind an escape."""
        if not self.names(text):
            return text
        left = re.sub(f"{_BEFORE}{re.escape(self.text)}{_AFTER}", lambda _: by, text, flags=re.IGNORECASE)
        return by if self.names(left) else left

    def replaced_in_source(self, text: str, by: str) -> str:
        """As ``replaced``, for a text with JSON in it; ``by`` must mean nothing to JSON."""
        left = self.replaced(text, by)
        return by if self.names_in_source(left) else left

    @property
    def candidates(self) -> str:
        """A regular expression without lookaround, for RE2, case ignored: every text that names the subject, as it
        stands or escaped, matches it. Some that do not name it match too."""
        beyond = rf"[^\x00-\x7f]|{_ESCAPED_LETTER}"
        if not self.text.isascii():
            return rf"{beyond}|%[0-9a-f]{{2}}"
        return "".join(_spelled(letter) for letter in self.text) + f"|{beyond}"

    @property
    def needles(self) -> tuple[bytes, ...]:
        """The subject as bytes in the forms it is written in files, in lower case as far as it is ASCII."""
        forms = {self.text, json.dumps(self.text)[1:-1], quote(self.text, safe=""), self.text.replace("/", "\\/")}
        return tuple(sorted({form.encode().lower() for form in forms} | {self._folded.encode().lower()}))

    def _stands_in(self, text: str) -> bool:
        return self._whole.search(fold(text)) is not None


def read_subject(text: str) -> Subject:
    """The subject a person wrote.

    :raises UsageError: if it is too short or too long to mean one, or holds no letter or digit.
    """
    given = text.strip()
    if len(given) < (SHORTEST if given.isascii() else 2) or not any(letter.isalnum() for letter in given):
        raise UsageError(
            f"«{given[:20]}» is too little to mean one person or identity",
            remedy=f"Give at least {SHORTEST} characters: an e-mail address, a login, an ARN, an address.",
        )
    if len(given) > LONGEST or any(unicodedata.category(letter) in _UNSEEN for letter in given):
        raise UsageError(
            f"A subject has at most {LONGEST} characters and none that cannot be seen", remedy="Give one name."
        )
    return Subject(given)


def fold(text: str) -> str:
    """Text without its case, composed, so that two spellings of one name are equal."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def _plain_forms(text: str) -> list[str]:
    """The text, with escaped letters read, and with percent escapes read."""
    forms = [text]
    if "\\" in text:
        forms.append(_whole_letters(_CODE.sub(lambda found: chr(int(found[1], 16)), text).replace("\\/", "/")))
    if "%" in text:
        forms += [unquote(form) for form in forms]
    return forms


def _unescaped(text: str) -> str:
    """JSON's escapes undone wherever they stand."""
    if "\\" not in text:
        return text
    return _whole_letters(_ESCAPE.sub(_letter, text))


def _letter(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 16))
    return _CONTROLS.get(found[2], found[2])


def _whole_letters(text: str) -> str:
    """Pairs of surrogates, as escapes write them, as the one letter they mean."""
    return _SURROGATES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


def _spelled(letter: str) -> str:
    if letter.isalnum():
        return letter
    return rf"(?:\\*{re.escape(letter)}|\\+u{ord(letter):04x}|%{ord(letter):02x})"
