"""What the configuration takes, and what it says of what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from remit.app.config.parsing import leaves, variable
from remit.app.config.reading import load_configuration, read_secret
from remit.app.config.schema import Configuration
from remit.app.exposure import exposure
from remit.flows.access.roles import RolePolicy
from remit.model.errors import ConfigError

WHOLE = """
[server]
host = "0.0.0.0"
port = 443
public_url = "https://remit.example.com"
allowed_hosts = ["remit.internal"]
tls_cert = "tls/cert.pem"
tls_key = "/etc/remit/key.pem"

[auth]
mode = "oidc"
session_hours = 12

[auth.oidc]
issuer = "https://id.example.com"
client_id = "remit"
client_secret_env = "REMIT_OIDC_SECRET"

[auth.oidc.roles]
admin = ["sre-leads"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "remit.toml"
    path.write_text(text)
    return folder


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    assert load_configuration(tmp_path, environ={}) == Configuration()


def test_a_file_is_read_and_its_paths_belong_to_its_folder(tmp_path: Path) -> None:
    found = load_configuration(written(tmp_path, WHOLE), environ={"REMIT_OIDC_SECRET": "x"})
    assert (found.server.port, found.server.allowed_hosts) == (443, ("remit.internal",))
    assert found.server.tls_cert == tmp_path / "tls" / "cert.pem"
    assert found.server.tls_key == Path("/etc/remit/key.pem")
    assert (found.auth.mode, found.auth.session_hours) == ("oidc", 12)
    assert found.auth.oidc.roles.admin == ("sre-leads",)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environ = {
        "REMIT_SERVER_PORT": "8443",
        "REMIT_SERVER_ALLOWED_HOSTS": "one, two:80,",
        "REMIT_SERVER_TLS_CERT": "here.pem",
        "REMIT_AUTH_OIDC_ROLES_VIEWER": "everybody",
    }
    found = load_configuration(written(tmp_path, WHOLE), environ=environ)
    assert (found.server.port, found.server.allowed_hosts) == (8443, ("one", "two:80"))
    assert found.server.tls_cert == Path("here.pem")
    assert (found.auth.oidc.roles.viewer, found.auth.oidc.roles.admin) == (("everybody",), ("sre-leads",))


@pytest.mark.parametrize(
    ("text", "environ", "said"),
    [
        ("[server]\nprot = 1", {}, "no setting server.prot .*remit.toml.*Did you mean port"),
        ("[sever]\nport = 1", {}, "no setting sever .*Did you mean server"),
        ("[auth.oidc]\nclient_secret = 'x'", {}, "no setting auth.oidc.client_secret .*client_secret_"),
        ("[server]\nport = '80'", {}, "server.port must be a whole number"),
        ("[server]\nport = true", {}, "server.port must be a whole number"),
        ("[server]\nport = 70000", {}, "between 0 and 65535"),
        ("[server]\nhost = 1", {}, "server.host must be text"),
        ("[server]\nallowed_hosts = 'x'", {}, "must be a list"),
        ("[server]\ntls_cert = 1", {}, "server.tls_cert must be text"),
        ("server = 1", {}, "server is a section"),
        ("[retention]\nkeep = '400 dys'", {}, "retention.keep cannot be used: No time to keep"),
        ("[retention]\nkeep = '2h'", {}, "retention.keep cannot be used.*less than a day"),
        ("", {"REMIT_RETENTION_KEEP": "2999-01-01"}, "retention.keep cannot be used"),
        ("[auth]\nmode = 'odic'", {}, "must be one of none, token, oidc.*Did you mean oidc"),
        ("[auth]\nmode = []", {}, "must be one of"),
        ("[auth]\nmode = ''", {}, "must be one of"),
        ("[server\n", {}, "is not TOML"),
        ("x = \udcff", {}, "is not TOML"),
        ("", {"REMIT_SEVER_PORT": "1"}, "no setting REMIT_SEVER_PORT.*Did you mean REMIT_SERVER_PORT"),
        ("", {"REMIT_SERVER_PORT": "x"}, "REMIT_SERVER_PORT must be a whole number"),
        ("", {"REMIT_CONFIG": "/nowhere/remit.toml"}, "no such configuration file"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_would_do(
    tmp_path: Path, text: str, environ: dict[str, str], said: str
) -> None:
    (tmp_path / "remit.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=said) as caught:
        load_configuration(tmp_path, environ=environ)
    assert caught.value.exit_status == 78


def test_what_a_container_platform_puts_into_the_environment_is_no_setting(tmp_path: Path) -> None:
    links = ("REMIT_SERVICE_HOST", "REMIT_SERVICE_PORT", "REMIT_PORT", "REMIT_PORT_8420_TCP_ADDR", "REMIT_DATA")
    assert load_configuration(tmp_path, environ=dict.fromkeys(links, "tcp://10.0.0.1:80")) == Configuration()


def test_a_secret_named_by_a_variable_of_our_prefix_is_no_unknown_setting(tmp_path: Path) -> None:
    load_configuration(written(tmp_path, WHOLE), environ={"REMIT_OIDC_SECRET": "x"})
    with pytest.raises(ConfigError, match="REMIT_OTHER_SECRET"):
        load_configuration(written(tmp_path, WHOLE), environ={"REMIT_OTHER_SECRET": "x"})


def test_every_setting_has_a_variable_of_its_own() -> None:
    names = [variable(path) for path, _ in leaves(Configuration)]
    assert len(names) == len(set(names))
    assert all(isinstance(hint.__metadata__[-1], str) for _, hint in leaves(Configuration))


def test_a_file_that_others_may_write_is_refused(tmp_path: Path) -> None:
    (written(tmp_path, WHOLE) / "remit.toml").chmod(0o666)
    with pytest.raises(ConfigError, match="may change"):
        load_configuration(tmp_path, environ={})


def test_a_secret_loses_its_newline_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.touch(mode=0o600)
    file.write_text(" s3cret \r\n")
    assert read_secret(file, "", "push.github.secret") == " s3cret "
    assert read_secret(None, "KEY", "push.github.secret", {"KEY": "s3cret\n"}) == "s3cret"
    assert read_secret(None, "", "push.github.secret") == ""


@pytest.mark.parametrize(
    ("content", "mode", "env", "said"),
    [
        (b"s3cret", 0o644, "", "open to every user"),
        (b"\n", 0o600, "", "empty"),
        (b"\xff", 0o600, "", "not text"),
        (None, 0o600, "", "No such file"),
        (b"s3cret", 0o600, "KEY", "both given"),
    ],
)
def test_a_secret_that_cannot_be_used_is_refused_without_showing_it(
    tmp_path: Path, content: bytes | None, mode: int, env: str, said: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
        file.chmod(mode)
    with pytest.raises(ConfigError, match=said) as caught:
        read_secret(file, env, "push.github.secret", {"KEY": "s3cret"})
    assert "s3cret" not in str(caught.value)


def test_a_variable_that_is_named_must_be_set() -> None:
    with pytest.raises(ConfigError, match="KEY, which is not set"):
        read_secret(None, "KEY", "push.github.secret", {})


def test_the_example_of_a_sign_in_can_be_used_as_it_is(tmp_path: Path) -> None:
    document = (Path(__file__).parent.parent.parent / "docs" / "access.md").read_text(encoding="utf-8")
    example = document.partition("```toml\n")[2].partition("```")[0]
    found = load_configuration(written(tmp_path, example), environ={})
    assert exposure(found, found.server.host).mode == "oidc"
    assert found.auth.oidc.client_secret_file == tmp_path / "oidc-secret"
    assert RolePolicy("groups", {"admin": found.auth.oidc.roles.admin}).role({"groups": ["sre-leads"]}) == "admin"
