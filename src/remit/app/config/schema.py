"""Every setting there is. A section is a frozen dataclass; a new one is added here with its place in the file above it.

Each setting is annotated with its meaning, from which docs/configuration.md is made, and a number with its bounds. A
secret is never a value here: a section takes ``secret_file`` and ``secret_env``, and whoever needs the secret calls
``reading.read_secret``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most a number may be."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server listens, and by which names it is reached."""

    host: Annotated[str, "The address to listen on. Any but loopback needs `[auth] mode` and TLS."] = "127.0.0.1"
    port: Annotated[int, Bounds(0, 65535), "The port to listen on; 0 takes a free one."] = 8420
    public_url: Annotated[
        str, "The address people type, as `https://remit.example.com`. Needed behind a proxy, and on all addresses."
    ] = ""
    allowed_hosts: Annotated[tuple[str, ...], "Further host names answered, as `name` or `name:port`."] = ()
    tls: Annotated[
        Literal["", "here", "proxy"], "Where TLS ends: `here`, with the two files below, or in a `proxy` in front."
    ] = ""
    tls_cert: Annotated[Path | None, "The certificate with its chain, PEM."] = None
    tls_key: Annotated[Path | None, "Its private key, PEM, not encrypted, readable by nobody else."] = None
    role: Annotated[
        Literal["keeper", "console"],
        "`keeper` stores what arrives and answers; `console` keeps nothing and answers from the lake and the state of "
        "a keeper: it needs `[lake] url` and `[state] url`.",
    ] = "keeper"
    proxy_addresses: Annotated[
        tuple[str, ...], "The proxy's own IP addresses or networks; nobody else's word about a request is taken."
    ] = ()


Role = Literal["none", "viewer", "operator", "admin"]


@dataclass(frozen=True, slots=True)
class Roles:
    """Which values of the role claim give which role; the strongest that matches counts."""

    viewer: Annotated[tuple[str, ...], "Values whose people may ask everything."] = ()
    operator: Annotated[
        tuple[str, ...], "Values whose people may also change views, alerts, identities and feeds, and deliver records."
    ] = ()
    admin: Annotated[tuple[str, ...], "Values whose people may also make tokens and remove events."] = ()


@dataclass(frozen=True, slots=True)
class Oidc:
    """Sign-in through an OpenID Connect provider."""

    issuer: Annotated[str, "The provider's issuer, exactly as it names itself. HTTPS, or loopback."] = ""
    client_id: Annotated[str, "The id it knows this server by."] = ""
    client_secret_file: Annotated[Path | None, "A file with the client secret."] = None
    client_secret_env: Annotated[str, "Or the name of an environment variable with it."] = ""
    scopes: Annotated[tuple[str, ...], "What is asked of the provider."] = ("openid", "profile", "email")
    role_claim: Annotated[str, "The claim with a person's groups or roles; `a.b` is `b` inside `a`."] = "groups"
    roles: Roles = Roles()
    default_role: Annotated[Role, "The role of a person whom no value gives one; `none` refuses them."] = "none"


@dataclass(frozen=True, slots=True)
class Auth:
    """Who is let in."""

    mode: Annotated[
        Literal["", "none", "token", "oidc"],
        "`none` (on loopback alone, and the default there), `token`, or `oidc`. Tokens work in all three.",
    ] = ""
    session_hours: Annotated[int, Bounds(1, 720), "Hours until a person has to sign in again."] = 8
    oidc: Oidc = Oidc()


@dataclass(frozen=True, slots=True)
class GithubPush:
    """Records that GitHub delivers by webhook."""

    secret_file: Annotated[Path | None, "A file with the webhook's secret."] = None
    secret_env: Annotated[str, "Or the name of an environment variable with it."] = ""


@dataclass(frozen=True, slots=True)
class Push:
    """Records delivered to this server."""

    github: GithubPush = GithubPush()


@dataclass(frozen=True, slots=True)
class Retention:
    """How long events are kept."""

    keep: Annotated[
        str,
        "How old an event may grow, as `400d` or `52w`. What is older is left out when it is read, and removed "
        "for good by the server, at its start and once a day, and by `remit retention run`. Empty: nothing is removed.",
    ] = ""


@dataclass(frozen=True, slots=True)
class State:
    """Where the state is kept: tokens, sign-ins, views, alerts, feeds, the journal."""

    url: Annotated[
        str,
        "A PostgreSQL database that several processes share, as `postgresql://remit@db.example.com/remit`; with "
        "`?sslmode=` (`disable`, `require`, `verify-ca`, `verify-full`; the last for every host but this one) and "
        "`sslrootcert=`. A password in it is taken from the environment variable alone. Empty: a file in the data "
        "folder.",
    ] = ""
    password_file: Annotated[Path | None, "A file with the database's password."] = None
    password_env: Annotated[str, "Or the name of an environment variable with it."] = ""


@dataclass(frozen=True, slots=True)
class Questions:
    """What asking a server may cost it."""

    seconds: Annotated[int, Bounds(1, 3600), "Seconds after which a question is given up."] = 20
    at_once: Annotated[int, Bounds(1, 16), "Questions answered at a time; a few more wait for their turn."] = 4


@dataclass(frozen=True, slots=True)
class Lake:
    """Where the lake lies. AWS credentials come from where AWS's own tools look for them, and are never kept."""

    url: Annotated[
        str, "`s3://bucket/prefix`, or a folder (a relative one in the data folder). Empty: `lake` in the data folder."
    ] = ""
    region: Annotated[str, "The bucket's region; empty: as AWS's own tools find it."] = ""
    endpoint: Annotated[str, "The address of another object store that speaks S3, as `https://s3.example.com`."] = ""
    lease_seconds: Annotated[
        int, Bounds(2, 3600), "After so many seconds of silence the keeper of a lake on S3 is taken for gone."
    ] = 30


@dataclass(frozen=True, slots=True)
class OrganizationSettings:
    """The AWS organization whose policies are looked at and tried."""

    file: Annotated[
        Path | None,
        "The file that describes it: units, accounts, policies and what was in force when. `organization.json` in the "
        "data folder unless said; there need not be one.",
    ] = None


@dataclass(frozen=True, slots=True)
class Authorization:
    """Exports of IAM, for what agents can do."""

    folder: Annotated[
        Path | None,
        "The folder with outputs of `aws iam get-account-authorization-details`, one or several files for each "
        "account, `.json` or `.json.gz`. `authorization` in the data folder unless said; there need not be one.",
    ] = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """The whole file."""

    server: Server = Server()
    auth: Auth = Auth()
    push: Push = Push()
    lake: Lake = Lake()
    retention: Retention = Retention()
    questions: Questions = Questions()
    state: State = State()
    organization: OrganizationSettings = OrganizationSettings()
    authorization: Authorization = Authorization()
