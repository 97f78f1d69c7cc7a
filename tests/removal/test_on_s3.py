"""An erasure from a lake on S3 leaves nothing in the bucket, nor among the versions it keeps, and proves it there."""

from __future__ import annotations

import pytest
from tests.s3server import Lakes
from tests.store.rows import DAY, event_columns, put

from remit.adapters.store.digest import index_digest, lake_digest
from remit.adapters.store.lake.schema import arrow_table
from remit.adapters.store.removal import StoreRemoval
from remit.adapters.store.store import Store
from remit.flows import removal

from .test_erasing import MAYA, NOW, filled, stored


def every_byte(lakes: Lakes) -> list[bytes]:
    """Every version of every object of the lake."""
    pages = lakes.client.get_paginator("list_object_versions").paginate(Bucket=lakes.bucket, Prefix="lake/")
    found = [version for page in pages for version in page.get("Versions", ())]
    return [
        lakes.client.get_object(Bucket=lakes.bucket, Key=each["Key"], VersionId=each["VersionId"])["Body"].read()
        for each in found
    ]


@pytest.mark.heavy
@pytest.mark.parametrize("versions", ["Suspended", "Enabled"])
def test_a_subject_is_erased_from_every_object_and_every_version(lakes, tmp_path, versions):
    lakes.client.put_bucket_versioning(Bucket=lakes.bucket, VersioningConfiguration={"Status": versions})
    with Store.open(tmp_path / "data", "test", place=lakes.place()) as store:
        gone = filled(store, range(2))
        named = event_columns(5, seed=77)
        token = store.ask(named["event_id"], named["time"]).token
        store.commit(token, arrow_table("events", named), meta={"origin": f"s3://b/{MAYA}/x.json", "run": "1"})
        kept = stored(store) - gone
        proof = removal.erase(StoreRemoval(store), MAYA, "local", NOW)["proof"]
        assert (proof["found"], proof["left"], proof["notes"]) == (0, [], [])
        assert proof["files"] > len(lakes.stored())
        assert stored(store) == kept
        assert not any(MAYA.encode() in content for content in every_byte(lakes))
        live = {f"{kind}/{file.path}" for kind in ("events",) for file in store.lake.files(kind).added}
        assert {key for key in lakes.stored() if key.startswith("events/month=")} == live
    with Store.open(tmp_path / "data", "test", place=lakes.place()) as store:
        put(store, event_columns(5, seed=9))
        assert stored(store) >= kept


@pytest.mark.heavy
def test_a_proof_finds_what_lies_in_the_bucket_beside_the_lakes_own_files(lakes, tmp_path):
    with Store.open(tmp_path / "data", "test", place=lakes.place()) as store:
        filled(store, range(1))
        lakes.client.put_object(Bucket=lakes.bucket, Key="lake/notes/old.txt", Body=f"ask {MAYA}".encode())
        proof = removal.erase(StoreRemoval(store), MAYA, "local", NOW)["proof"]
        assert proof["left"] == [f"s3://{lakes.bucket}/lake/notes/old.txt"]


@pytest.mark.heavy
def test_what_is_older_than_is_kept_leaves_the_bucket(lakes, tmp_path):
    with Store.open(tmp_path / "data", "test", place=lakes.place()) as store:
        columns = event_columns(90, step=DAY)
        put(store, columns)
        store.follow()
        done = removal.expire(StoreRemoval(store), columns["time"][60], "local", NOW)
        assert done["proof"]["found"] == 0
        assert stored(store) == set(columns["event_id"][60:])
        assert index_digest(store.index) == lake_digest(store.lake)
        assert len([key for key in lakes.stored() if key.startswith("events/month=")]) == 2
