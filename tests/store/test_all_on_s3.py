"""What a store is tested for on a local lake, again with the lake on S3: all that looks at no local file of it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.removal import test_erasing, test_retention
from tests.s3server import Lakes

from remit.adapters.store.lake.lake import Lake
from remit.adapters.store.place import LakePlace
from remit.adapters.store.removal import StoreRemoval
from remit.adapters.store.store import Store

from . import test_following, test_keeper, test_maintenance

AGAIN = (  # none that expects a vacuum without grace to see what is younger than S3's whole seconds
    test_following.test_every_column_of_an_event_comes_back_from_the_index_as_it_was_written,
    test_following.test_index_and_lake_agree_after_corrections_rebuild_compaction_and_reopening,
    test_following.test_a_correction_committed_later_wins_even_if_it_brings_a_smaller_number,
    test_following.test_the_same_quarantined_record_is_kept_once,
    test_following.test_following_twice_or_after_compaction_adds_no_rows,
    test_following.test_an_unreadable_index_file_is_rebuilt_and_says_so,
    test_keeper.test_a_stored_event_is_known_whether_or_not_the_index_has_followed,
    test_keeper.test_threads_that_ingest_the_same_events_at_once_store_each_once,
    test_keeper.test_the_index_follows_by_itself_and_a_failure_to_do_so_reaches_the_next_committer,
    test_keeper.test_files_written_by_a_worker_are_committed_as_they_are,
    test_keeper.test_the_raw_record_is_found_by_id_and_time_and_missing_ones_are_none,
    test_maintenance.test_corrections_that_overlap_no_others_are_not_rewritten,
    test_erasing.test_exactly_the_events_that_name_the_subject_in_any_column_are_gone,
    test_erasing.test_what_was_erased_does_not_come_back_with_a_second_reading_or_a_late_correction,
    test_erasing.test_after_an_erasure_the_store_takes_more_compacts_and_is_erased_from_again,
    test_erasing.test_readers_see_the_store_before_or_after_and_never_in_between,
    test_retention.test_whole_months_go_with_their_files_and_only_the_borders_is_written_anew,
)

pytestmark = pytest.mark.heavy


@pytest.fixture(autouse=True)
def on_s3(lakes: Lakes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lake of every data folder is a prefix of its own."""

    def there(folder: Path) -> LakePlace:
        return lakes.place(sha256(str(folder.absolute()).encode()).hexdigest()[:16])

    def opened(_: type[Lake], root: str, **options: Any) -> Lake:
        folder = Path(root).parent
        return Lake.open_in(there(folder).storage(folder), **{k: v for k, v in options.items() if k != "disk"})

    for name in ("keep", "storage"):
        real: Callable[..., Any] = getattr(LakePlace, name)
        monkeypatch.setattr(LakePlace, name, lambda self, at, *rest, real=real: real(there(at), at, *rest))
    monkeypatch.setattr(Lake, "open", classmethod(opened))


@pytest.fixture
def steps(store: Store) -> StoreRemoval:
    """What a store can do towards a removal."""
    return StoreRemoval(store)


lake = test_maintenance.lake
globals().update({test.__name__: test for test in AGAIN})
