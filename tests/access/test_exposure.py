"""A server does not start where it could be reached without a sign-in or without TLS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from remit.app.config.parsing import parse
from remit.app.config.schema import Configuration
from remit.app.exposure import exposure
from remit.model.errors import ConfigError

from .certificates import self_signed

PROXY = {"tls": "proxy", "proxy_addresses": ["10.0.0.7", "10.1.0.0/24"], "public_url": "https://remit.example.com"}


def configured(server: dict[str, Any], mode: str = "") -> Configuration:
    return parse(Configuration, {"server": server, "auth": {"mode": mode} if mode else {}})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_on_loopback_nothing_has_to_be_said(host: str) -> None:
    found = exposure(Configuration(), host)
    assert (found.mode, found.tls, found.secure) == ("none", "", False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "example.com", "127.0.0.1.example.com", "", "1270.0.1"])
@pytest.mark.parametrize(
    ("server", "mode", "said"),
    [
        ({}, "", "nobody would have to sign in"),
        ({}, "none", "nobody would have to sign in"),
        (PROXY, "", "nobody would have to sign in"),
        (PROXY, "none", "nobody would have to sign in"),
        ({}, "token", "not said where TLS ends"),
        ({}, "oidc", "not said where TLS ends"),
    ],
)
def test_off_loopback_both_sign_in_and_tls_have_to_be_said(
    host: str, server: dict[str, Any], mode: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        exposure(configured(server, mode), host)
    assert caught.value.remedy


def test_with_a_sign_in_and_a_proxy_it_is_open_to_the_proxy() -> None:
    found = exposure(configured(PROXY, "oidc"), "0.0.0.0")
    assert (found.mode, found.secure, found.address(8420)) == ("oidc", True, "https://remit.example.com")
    assert found.allowed_hosts == {"remit.example.com"}
    assert [str(network) for network in found.proxies] == ["10.0.0.7/32", "10.1.0.0/24"]


def test_with_a_certificate_it_speaks_tls_itself(tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path)
    server = {"tls_cert": str(cert), "tls_key": str(key)}
    assert exposure(configured(server, "token"), "10.0.0.5").address(8420) == "https://10.0.0.5:8420"
    with pytest.raises(ConfigError, match="no name of it is known"):
        exposure(configured(server, "token"), "0.0.0.0")


@pytest.mark.parametrize(
    ("server", "mode", "said"),
    [
        ({"public_url": "http://remit.example.com"}, "", "who is let in"),
        ({"allowed_hosts": ["remit.example.com"]}, "", "who is let in"),
        (PROXY, "", "who is let in"),
        ({"public_url": "https://remit.example.com"}, "token", "do not agree"),
        ({**PROXY, "public_url": "http://remit.example.com"}, "token", "do not agree"),
        ({"public_url": "http://a@b"}, "token", "cannot be used"),
        ({"public_url": "http://a/path"}, "token", "cannot be used"),
        ({"public_url": "http://a:99999"}, "token", "cannot be used"),
        ({"public_url": "remit.example.com"}, "token", "cannot be used"),
        ({"public_url": "javascript:1"}, "token", "cannot be used"),
        ({**PROXY, "proxy_addresses": []}, "token", "needs server.proxy_addresses"),
        ({**PROXY, "proxy_addresses": ["proxy"]}, "token", "cannot be used"),
        ({"tls": "here"}, "token", "needs server.tls_cert"),
        ({"tls_cert": "/nowhere"}, "token", "needs server.tls_cert"),
        ({"tls_cert": "/nowhere", "tls_key": "/nowhere"}, "token", "No such file"),
    ],
)
def test_half_a_choice_is_refused(server: dict[str, Any], mode: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        exposure(configured(server, mode), "127.0.0.1")


def test_a_key_that_does_not_fit_or_is_encrypted_or_open_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "hidden").mkdir()
    cert, key = self_signed(tmp_path)
    _, other = self_signed(tmp_path / "other")
    hidden = self_signed(tmp_path / "hidden", password=b"x")
    for pair, said in (((cert, other), "MISMATCH"), ((key, cert), "cannot be used"), (hidden, "encrypted")):
        server = {"tls_cert": str(pair[0]), "tls_key": str(pair[1])}
        with pytest.raises(ConfigError, match=said):
            exposure(configured(server, "token"), "127.0.0.1")
    key.chmod(0o644)
    with pytest.raises(ConfigError, match="open to every user"):
        exposure(configured({"tls_cert": str(cert), "tls_key": str(key)}, "token"), "127.0.0.1")


def test_a_public_address_is_written_one_way() -> None:
    for text in ("https://Remit.Example.com/", "https://remit.example.com:443"):
        found = exposure(configured({**PROXY, "public_url": text}, "token"), "0.0.0.0")
        assert found.public_url == "https://remit.example.com"
