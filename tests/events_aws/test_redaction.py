# ruff: noqa: E501 - one case a line
"""No credential gets past redaction, and nothing else is touched."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.rooms.events.redaction import redact, redact_text, suspects

CANARY = "cAnArY7Hunter2x9QzW"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SHAPES = {
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "github": "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "github server": "ghs_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "fine-grained": "github_pat_11ABCDEFG0123456789abcdefghij",
    "slack": "xoxb-123456789012-abcdefABCDEF",
    "pem": "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
    "session token": "IQoJb3JpZ2luX2VjE" + "Zz09" * 20,
    "google": "AIza" + "Sy0123456789abcdefghijklmnopqrstuvw",
}
MEMBERS = [
    "sessionToken", "secretAccessKey", "SecretString", "secretBinary", "masterUserPassword", "password", "newPassword",
    "tdeCredentialPassword", "keyMaterial", "private_key", "privateKeyData", "clientSecret", "client_secret", "authToken",
    "tokenValue", "userData", "plaintext", "webIdentityToken", "sAMLAssertion", "preSharedKey", "apiKey", "token", "secret",
    "kubeconfig", "refresh_token", "parameterValue", "connectionString", "passwordData",
]  # fmt: skip
HARMLESS = {
    "nextToken": "abcdef", "clientToken": "11111111-2222", "clientRequestToken": "x1", "httpTokens": "required",
    "secretId": "prod/db", "SecretARN": "arn:aws:secretsmanager:eu-west-1:1:secret:a", "passwordResetRequired": True,
    "accessKeyId": "ASIAIOSFODNN7EXAMPLE", "PasswordUpdated": "Success", "forceOverwriteReplicaSecret": False,
    "masterUserPassword": "****", "tdeCredentialPassword": "HIDDEN_DUE_TO_SECURITY_REASONS",
    "userData": "<sensitiveDataRemoved>", "sha": "0123456789abcdef0123456789abcdef01234567",
}  # fmt: skip


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: {"requestParameters": inner},
        lambda inner: {"responseElements": {"a": [{"b": inner}]}},
        lambda inner: {"body": json.dumps(inner)},
        lambda inner: {"deep": json.dumps({"again": json.dumps(inner)})},
    ],
)
def test_a_member_that_holds_a_credential_is_emptied_wherever_it_stands(member, wrap):
    raw = json.dumps(wrap({member: CANARY, "kept": "yes"})).encode()
    clean = redact(raw)
    assert CANARY not in clean
    assert "[redacted:" in clean
    assert "yes" in clean
    json.loads(clean)


@pytest.mark.parametrize("secret", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("place", ["errorMessage", "userAgent", "anything", "eventID"])
def test_a_credential_is_known_by_its_shape_in_any_member(secret, place):
    clean = redact(json.dumps({place: f"before {secret} after"}).encode())
    assert json.dumps(secret)[1:-1] not in clean
    assert "before" in clean
    assert "after" in json.loads(clean)[place]


@pytest.mark.parametrize(
    "text",
    [
        f"https://admin:{CANARY}@example.com/x",
        f"Authorization: Bearer {CANARY}",
        f"mysql --password {CANARY} -h db",
        f"password={CANARY}",
        f"AWS_SECRET_ACCESS_KEY={CANARY}",
        f"https://b.s3.amazonaws.com/k?X-Amz-Security-Token={CANARY}&X-Amz-Signature={CANARY}",
        f"AKIAIOSFODNN7EXAMPLE:{SECRET_KEY}",
        f"DefaultEndpointsProtocol=https;AccountKey={CANARY};",
    ],
)
def test_credentials_in_running_text_are_cut_out(text):
    for clean in (redact(json.dumps({"errorMessage": text}).encode()), redact_text(text)):
        assert CANARY not in clean
        assert SECRET_KEY not in clean


def test_an_unnamed_secret_beside_its_key_id_is_found():
    clean = redact(json.dumps({"x": {"id": "AKIAIOSFODNN7EXAMPLE", "other": SECRET_KEY}}).encode())
    assert SECRET_KEY not in clean
    assert "AKIAIOSFODNN7EXAMPLE" in clean


@pytest.mark.parametrize(
    "settings_",
    [
        {"environment": {"variables": {"DB": CANARY}}},
        {"containerDefinitions": [{"environment": [{"name": "DB", "value": CANARY}]}]},
        {"environmentVariablesOverride": [{"name": "DB", "value": CANARY, "type": "PLAINTEXT"}]},
    ],
)
def test_settings_of_workloads_lose_their_values_and_keep_their_names(settings_):
    clean = redact(json.dumps({"requestParameters": settings_}).encode())
    assert CANARY not in clean
    assert "DB" in clean


def test_a_parameter_value_is_a_credential_only_where_the_operation_says_so():
    put = {"eventName": "PutParameter", "requestParameters": {"name": "n", "value": CANARY}}
    assert CANARY not in redact(json.dumps(put).encode())
    tag = json.dumps({"eventName": "CreateTags", "requestParameters": {"value": "blue"}})
    assert redact(tag.encode()) == tag


def test_what_only_looks_like_a_credential_stays():
    raw = json.dumps({"requestParameters": HARMLESS})
    assert json.loads(redact(raw.encode())) == {"requestParameters": HARMLESS}


def test_a_record_without_credentials_comes_back_byte_for_byte():
    raw = b'{ "eventName" : "DescribeInstances",  "n": 1.10 }'
    assert redact(raw) == raw.decode()


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe{", b'{"password":"' + CANARY.encode(), b'{"a":"\\ud800","password":"x' + CANARY.encode() + b'"}']
)
def test_broken_records_come_back_as_valid_text_without_credentials(raw):
    clean = redact(raw)
    clean.encode("utf-8")
    assert CANARY not in clean


def test_a_record_nested_too_deep_is_searched_as_text():
    raw = b'{"a":' * 100_000 + b'{"password":"' + CANARY.encode() + b'"}' + b"}" * 100_000
    assert CANARY not in redact(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(json_values, st.sampled_from(MEMBERS), st.integers(0, 3))
def test_a_canary_anywhere_in_any_document_is_found(document, member, depth):
    planted = {member: CANARY, "rest": document}
    for _ in range(depth):
        planted = {"in": [planted]}
    clean = redact(json.dumps(planted).encode())
    assert CANARY not in clean
    json.loads(clean)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_redaction_fail(raw):
    redact(raw).encode("utf-8")


@settings(max_examples=100, deadline=None)
@given(json_values)
def test_redaction_twice_is_redaction_once(document):
    once = redact(json.dumps(document).encode())
    assert redact(once.encode()) == once


def test_a_batch_is_judged_record_by_record():
    assert suspects([b'{"a":1}', b'{"password":"x"}', b"{}"]) == [False, True, False]
    assert suspects([]) == []
