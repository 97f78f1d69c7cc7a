"""What a store can do towards a removal, step by step; ``flows.removal`` orders the steps.

Every step may be done again after a crash in any of them, and then changes nothing more.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from remit.adapters.store.intention import Intention
from remit.adapters.store.lake.finding import Found, find
from remit.adapters.store.lake.proof import older_than, prove
from remit.adapters.store.lake.schema import KINDS
from remit.adapters.store.lake.withdrawal import withdraw_before, withdraw_ids
from remit.adapters.store.state import scrubbing
from remit.adapters.store.store import Store
from remit.rooms.removal.subject import Subject, fold

Json = dict[str, Any]
_KEY: Final = "removal_key"
_DIGEST_LETTERS: Final = 32
_BEYOND: Final = (
    "{}: every value of its tables was read, and they were written anew. PostgreSQL's write-ahead log, replicas, "
    "backups and logs of statements are its operator's, and were not looked at"
)
"""What a proof says of a state that is no file of ours."""


class StoreRemoval:
    """``flows.removal.RemovalSteps`` over a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._intention = Intention(store.folder, store.disk)

    def alone(self) -> AbstractContextManager[None]:
        """While nobody else stores anything."""
        return self._store.alone()

    # --- what would be removed

    def find(self, subject: Subject, progress: Callable[[int], None]) -> Found:
        """Rows of the lake that name the subject."""
        return find(self._store.lake, subject, progress)

    def lake_bytes(self) -> int:
        """How much there is to look through."""
        return sum(file.size for kind in KINDS for file in self._store.lake.files(kind).added)

    def mentions(self, subject: Subject) -> dict[str, list[str]]:
        """Rows of the state that name the subject, by table."""
        return scrubbing.mentions(self._store.state, subject)

    def waiting(self, subject: Subject) -> list[str]:
        """Pushed files in the inbox that name the subject and have not been read yet."""
        return [
            path.name
            for path in sorted(self._store.inbox.rglob("*"))
            if path.is_file() and subject.names_in_source(path.read_bytes().decode("utf-8", "replace"))
        ]

    def by_hand(self, subject: Subject) -> list[str]:
        """Files that people write (the registry, the configuration) and that name the subject; they stay theirs."""
        return [
            path.name
            for path in sorted(self._store.folder.glob("*.toml"))
            if subject.names_in_source(path.read_text(encoding="utf-8", errors="replace"))
        ]

    def older(self, time_us: int) -> Json:
        """What the index and the lake hold from before a time: rows by table, months, and the oldest that stays."""
        moment = f"make_timestamp({int(time_us)})"
        sql = (
            f"SELECT count(*) FILTER (WHERE time < {moment}) AS events, count(*) AS stored, "
            f"epoch_us(min(time)) AS oldest_us, "
            f"epoch_us(min(time) FILTER (WHERE time >= {moment})) AS kept_us FROM events"
        )
        counted: Json = self._store.index.execute(sql).to_pylist()[0]
        refused = f"SELECT count(*) AS n FROM quarantine WHERE time < {moment}"
        files = [file for kind in KINDS for file in self._store.lake.files(kind).added if file.low_us < time_us]
        return {
            **counted,
            "quarantine": self._store.index.execute(refused).to_pylist()[0]["n"],
            "months": sorted({file.month for file in files}),
            "files": len(files),
            "bytes": sum(file.size for file in files if file.high_us < time_us),
            "rewritten_bytes": sum(file.size for file in files if file.high_us >= time_us),
        }

    # --- the note of what has begun

    def begin(self, note: Json) -> None:
        """Write down what is about to be removed."""
        self._intention.write(note)

    def begun(self) -> Json | None:
        """What was begun and not finished."""
        return self._intention.read()

    def finished(self) -> None:
        """Nothing is left to do."""
        self._intention.done()

    # --- removing

    def remember(self, found: Found) -> None:
        """Keep the ids of what is erased, so that it does not come back."""
        self._store.erased.add(found.all_ids("events") | found.all_ids("quarantine"))

    def withdraw(self, found: Found) -> None:
        """Take what was found out of lake and index."""
        withdraw_ids(self._store.lake, found.ids, "erasure")
        ids = set().union(*(found.all_ids(kind) for kind in KINDS))
        self._store.index.withdraw(self._store.lake, ids, None)

    def withdraw_before(self, time_us: int) -> None:
        """Take everything older than a time out of lake and index."""
        withdraw_before(self._store.lake, time_us, "retention")
        self._store.index.withdraw(self._store.lake, (), time_us)

    def purge(self) -> int:
        """Remove the files that held what is withdrawn, and renew the index's; the bytes of the lake's."""
        freed = sum(self._store.lake.purge(kind) for kind in KINDS)
        self._store.forget_memory()
        self._store.index.renew()
        return freed

    def cleanse_log(self, subject: Subject) -> int:
        """Take the subject out of what the lake's log says of its batches; commits rewritten."""
        rewritten = sum(self._store.lake.cleanse_log(kind, subject.names_in_source) for kind in KINDS)
        self._store.index.copy_commits(self._store.lake)
        return rewritten

    def scrub_state(self, subject: Subject) -> dict[str, int]:
        """Take the subject out of the state, and leave no trace in its file."""
        touched = scrubbing.scrub(self._store.state, subject, f"erased:{self.digest(subject)[:12]}")
        scrubbing.compact(self._store.state)
        return touched

    def forget_firings(self, before_us: int) -> int:
        """Delete what alerts found before a time."""
        before = datetime.fromtimestamp(before_us / 1e6, UTC).isoformat(timespec="microseconds")
        return scrubbing.forget_firings(self._store.state, before)

    # --- proving and recording

    def prove(self, subject: Subject) -> Json:
        """Look for the subject in every byte of the data folder, and of a lake that lies elsewhere."""
        state = self._store.state
        kept = "state.db" if state.embedded else f"state at {state.where}"
        databases = {"index.": lambda: self._index_words(subject), kept: lambda: scrubbing.words(state)}
        elsewhere = self._store.lake.storage if self._store.place.url else None
        proof = prove(self._store.folder, subject, databases, {self._intention.path}, elsewhere)
        return {**proof.to_json(), "notes": [*proof.notes, *([] if state.embedded else [_BEYOND.format(state.where)])]}

    def prove_before(self, time_us: int) -> Json:
        """Look for rows older than a time, in the lake's files and in the index."""
        indexed = f"SELECT count(*) AS n FROM {{}} WHERE time < make_timestamp({int(time_us)})"
        tables = ("events", "offers", "pending", "quarantine")
        found = sum(self._store.index.execute(indexed.format(table)).to_pylist()[0]["n"] for table in tables)
        files = sum(len(self._store.lake.files(kind).added) for kind in KINDS)
        return {"files": files, "found": found + older_than(self._store.lake, time_us)}

    def digest(self, subject: Subject) -> str:
        """The subject as the journal knows it: a keyed digest, so that who knows the name can look it up here."""
        state = self._store.state
        key = state.setting(_KEY) or state.setting_once(_KEY, secrets.token_hex(32))
        return hmac.new(bytes.fromhex(key), fold(subject.text).encode(), sha256).hexdigest()[:_DIGEST_LETTERS]

    def record(self, who: str, what: str, facts: Json, number: str) -> None:
        """Write the removal into the journal."""
        self._store.state.journal(who, what, facts, record=number)

    def recorded(self, what: str, limit: int = 1_000) -> list[Json]:
        """The journal's newest records of one kind."""
        return [entry for entry in self._store.state.journalled(limit) if entry["what"] == what]

    def _index_words(self, subject: Subject) -> Iterator[str]:
        """Texts of the index's tables that may name the subject."""
        sql = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
        for column in self._store.index.execute(sql).to_pylist():
            yield from self._column_words(column, subject)

    def _column_words(self, column: Json, subject: Subject) -> Iterator[str]:
        name = f'"{column["column_name"]}"'
        if column["data_type"] == "BLOB":
            rows = self._store.index.execute(f'SELECT {name} AS x FROM "{column["table_name"]}"').to_pylist()
            yield from (bytes(row["x"] or b"").decode("utf-8", "replace") for row in rows)
        elif column["data_type"].startswith("VARCHAR"):
            text = f"array_to_string({name}, chr(10))" if column["data_type"].endswith("]") else name
            sql = f"SELECT {text} AS x FROM \"{column['table_name']}\" WHERE regexp_matches({text}, ?, 'i')"
            yield from self._store.index.execute(sql, [subject.candidates])["x"].to_pylist()
