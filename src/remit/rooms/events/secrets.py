"""What a credential looks like: the names of members that hold one, and the shapes that are one.

Names are compared without case, ``_`` and ``-``: ``secretAccessKey``, ``secret_access_key`` and ``SecretAccessKey``
are one. Access key ids are no secrets; records are joined by them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

NAMES: Final = (
    "secret access key|aws secret access key|session token|aws session token|security token|x amz security token|"
    "x amz signature|secret string|secret binary|secret value|secret key|password|passwd|pwd|passphrase|private key|"
    "private key plaintext|private key data|private key pem|certificate private key|key material|plaintext|"
    "client secret|app secret|auth token|access token|refresh token|id token|oauth token|bearer token|token value|"
    "authorization token|auth parameters|api key|api token|saml assertion|web identity token|user data|shared secret|"
    "pre shared key|psk|password data|authorization|proxy authorization|kubeconfig|connection string|"
    "primary connection string|"
    "secondary connection string|account key|shared access key|sas token|storage account key|protected settings|"
    "template body|parameter value|code verifier|device code|signing key|webhook secret|secret|token|credential secret|"
    "encoded message|decoded message|json web token|jwt|cookie|set cookie|mfa code|token code|"
    "serial code|ssh private key"
)
"""Member names whose value is a credential, words apart."""

STRUCTURED: Final = "authorization"
"""A header's credential as a text; as an object it says what was authorized (Azure)."""

SUFFIXES: Final = ("password", "privatekey", "secretkey", "clientsecret", "passphrase", "connectionstring")
"""Endings that make any name one of them: ``masterUserPassword``, ``tdeCredentialPassword``."""

CONTAINERS: Final = (
    "environment variables|environment|env|environment variables override|variables|option settings|"
    "string data|secret data|secrets data|authentication settings|auth parameters|credential data"
)
"""Members whose inner values are configuration that often holds credentials: all of them go."""

OPERATIONS: Final = {
    "PutParameter": ("value",),
    "GetParameter": ("value",),
    "GetParameters": ("value",),
    "GetParametersByPath": ("value",),
    "SendCommand": ("commands",),
    "StartAutomationExecution": ("commands",),
    "CreateApiKey": ("value", "key"),
    "CreateApiKeys": ("value", "key"),
    "UpdateApiKey": ("value",),
    "CreateOAuth2Token": ("code",),
    "GetPasswordData": ("passworddata",),
    "CreateKeysAndCertificate": ("keypair",),
    "DownloadDefaultKeyPair": ("privatekeybase64",),
    "GetInstanceAccessDetails": ("certkey",),
    "CreateKeyPair": ("privatekeybase64",),
    "DecodeAuthorizationMessage": ("encodedmessage", "decodedmessage"),
    "CreateSecret": ("data", "stringdata"),
}
"""Operation -> members that hold a credential there and something harmless elsewhere."""
_ANSWERS_ONLY: Final = {"GetParameter", "GetParameters", "GetParametersByPath", "GetPasswordData"}
"""Of these only an answer is worth a look, and it is found by its shape."""
WATCHED: Final = frozenset(OPERATIONS) - _ANSWERS_ONLY
"""Operations whose every record is worth a closer look."""

KEPT: Final = re.compile(r"^(?:\[?HIDDEN_DUE_TO_SECURITY_REASONS\]?|\*+|<sensitiveDataRemoved>|\[redacted:[a-z-]+\]|)$")
"""What providers write in a secret's place; it stays, for it says so."""

LITERALS: Final[tuple[tuple[str, ...], ...]] = (
    ("private key",), ("eyj",), ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), ("github_pat_",),
    ("glpat-", "glptt-", "gldt-", "glrt-", "glcbt-"), ("xox",), ("hooks.slack.com",), ("sk-",), ("k_live_",), ("aiza",),
    ("ya29.",), ("npm_",), ("pypi-",), ("fwog", "fqog", "iqoj"), ("://",), ("bearer",), ("basic",), ("akia", "asia"),
    ("=", "u003d", "%3d"), ("--",),
)  # fmt: skip
"""For each of SHAPES the lower-case texts of which one must be there."""

_KEYWORD: Final = (
    r"(?:password|passwd|pwd|secret|(?<!next_)(?<!client_)(?<!next-)(?<!client-)token|api[_-]?key|"
    r"secret[_-]?(?:access[_-]?)?key|client[_-]?secret|signature|security-token|sig|accountkey|sharedaccesskey)"
)
"""What stands before an equals sign when a credential stands behind it."""

_JWT: Final = (
    r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]{13,}+\.[A-Za-z0-9_-]{4})([A-Za-z0-9_-]*?)"
    r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"
)
"""A run of letters is looked at once, from its beginning: a pattern that begins at ``eyJ`` looks once for each."""

SHAPES: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "private-key",
        r"PRIVATE KEY-",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-{0,5}(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)",
    ),
    ("jwt", r"eyJ[A-Za-z0-9_-]+\.", _JWT),
    ("github-token", r"gh[pousr]_[A-Za-z0-9]", r"gh[pousr]_[A-Za-z0-9]{20,}"),
    ("github-token", r"github_pat_", r"github_pat_[A-Za-z0-9_]{20,}"),
    ("gitlab-token", r"gl(?:pat|ptt|dt|rt|cbt)-", r"gl(?:pat|ptt|dt|rt|cbt)-[A-Za-z0-9_-]{16,}"),
    ("slack-token", r"xox[a-z]-", r"xox[a-z]-[A-Za-z0-9-]{10,}"),
    ("slack-webhook", r"hooks\.slack\.com", r"(?<=hooks\.slack\.com)\\?/services\\?/[A-Za-z0-9/\\]+"),
    ("api-key", r"\bsk-[A-Za-z0-9_]", r"\bsk-[A-Za-z0-9_-]{20,}"),
    ("api-key", r"[rs]k_live_", r"\b[rs]k_live_[A-Za-z0-9]{10,}"),
    ("api-key", r"AIza", r"AIza[A-Za-z0-9_-]{35}"),
    ("access-token", r"ya29\.", r"ya29\.[A-Za-z0-9_-]{10,}"),
    ("access-token", r"\bnpm_", r"\bnpm_[A-Za-z0-9]{30,}"),
    ("access-token", r"pypi-AgE", r"pypi-AgE[A-Za-z0-9_-]{20,}"),
    ("session-token", r"(?:FwoG|FQoG|IQoJ)", r"(?:FwoG|FQoG|IQoJ)[A-Za-z0-9+/\\=]{40,}"),
    ("password", r"://[^/\s:@\"\\]*:[^/\s@\"\\]+@", r"(?<=://)([^/\s:@\"\\]{0,200}:)[^/\s@\"\\]{1,200}(?=@)"),
    ("authorization", r"(?i:bearer)\s", r"(?i:(\bbearer\s+))[A-Za-z0-9._~+/=-]{16,}"),
    ("authorization", r"(?i:authorization:\s*basic)", r"(?i:(\bauthorization:\s*basic\s+))[A-Za-z0-9+/=]{4,}"),
    (
        "secret-access-key",
        r"A[KS]IA[A-Z0-9]+[^A-Z0-9\"]",
        r"(?<![A-Z0-9])(A[KS]IA[A-Z0-9]{16}[^A-Za-z0-9/+\"]{1,8})[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
    ),
    (
        "secret",
        r"(?i:password|passwd|pwd|secret|token|key|signature|sig)(?:=|%3[dD])",
        rf"(?i:((?<![A-Za-z])(?:[a-z0-9]{{1,30}}[_-]){{0,4}}{_KEYWORD}(?:=|\\u003d|%3d)))[^\s&;,\"'\\]{{3,}}",
    ),
    (
        "secret",
        r"(?i:-(?:password|secret|token|api-key)\s)",
        r"(?i:(--(?:[a-z]+-)*(?:password|secret|token|api-key)\s+))[^\s\"\\]+",
    ),
)  # fmt: skip
"""(kind, how RE2 finds it quickly in a whole record, how it is cut out of a text); group 1, if any, stays."""


_INVISIBLE: Final = "\xad\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
_UNWRITTEN: Final = dict.fromkeys([*range(8), 11, *range(14, 32), *map(ord, "_-. " + _INVISIBLE)])
"""What a name is compared without. Of control characters all that JSON can write only as a number."""


@lru_cache(maxsize=8192)
def normal(name: str) -> str:
    """A member's name as the tables here spell it."""
    return name.translate(_UNWRITTEN).lower()


SECRET_NAMES: Final = frozenset(normal(name) for name in NAMES.split("|"))
CONTAINER_NAMES: Final = frozenset(normal(name) for name in CONTAINERS.split("|"))


_APART: Final = "[_. -]*"


def _spelled(name: str) -> str:
    """A pattern for every way to write a name that ``normal`` makes the same."""
    return _APART.join(normal(name))


def _name_pattern(names: str) -> str:
    return _APART + "(?:" + "|".join(sorted({_spelled(name) for name in names.split("|")})) + ")" + _APART


_HIDDEN_LETTERS: Final = r"(?i:\\u(?:00[01]|00ad|200[b-f]|206[0-4]|feff|212a))|" + "|".join(_INVISIBLE) + "|\u212a"
"""What makes a name look like another; U+212A is a K. Written as alternatives, for RE2 reads bytes here."""


_SHOWN: Final = r'(?:\\*"(?:[^\[H*<"]|H[^I]|HI[^D]|\[[^rH]|\[r[^e]|\[H[^I]|\*+[^*"\\]|<[^s])|[\[{0-9-])'
"""The beginning of a value that no provider has hidden."""


def suspicion(*, payload: bool = False) -> str:
    """One RE2 pattern that matches every record which may hold a credential: cheap, and wrong only towards caution.

    With ``payload`` the text searched is a record without its caller's identity, so that an access key id in it is
    reason enough to look closer.
    """
    endings = "|".join(map(_spelled, SUFFIXES))
    names = "|".join(name for name in NAMES.split("|") if name != STRUCTURED)
    member = rf'(?i:"{_name_pattern(names)}\\*"|(?:{endings}){_APART}\\*")\s*:\s*{_SHOWN}'
    header = rf'(?i:"{_name_pattern(STRUCTURED)}\\*")\s*:\s*[\\"\[]'
    inside = rf'(?i:"{_name_pattern(CONTAINERS)}\\*"\s*:\s*[\[{{\\])'
    operation = rf'"eventName\\*"\s*:\s*\\*"(?:{"|".join(sorted(WATCHED))})\\*"'
    answer = r'"parameters?"\s*:\s*[\[{][^}]*"value"'
    beside = r'A[KS]IA[A-Z0-9]+"' if payload else r'"[A-Za-z0-9/+\\]{40}"'
    shapes = "|".join(quick for _, quick, _ in SHAPES)
    written = rf"\\u00[2-7][0-9a-fA-F]|{_HIDDEN_LETTERS}"
    return rf"{member}|{header}|{inside}|{operation}|{answer}|{written}|{beside}|{shapes}"
