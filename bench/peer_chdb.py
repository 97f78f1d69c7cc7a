"""chdb (ClickHouse in the process) on the same files: the columns and rules of the DuckDB peer, into a MergeTree table.

As there, no redaction, joins, resource names, authorization context, deduplication or quarantine, and the whole record
is not kept.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

from chdb import session
from peer_rules import JUDGED, RULES

_TEXT = "Nullable(String)"
_WHO = ("type", "principalId", "arn", "accountId", "accessKeyId", "userName", "invokedBy")
_SESSION = f"sessionContext Tuple(sessionIssuer Tuple(arn {_TEXT}, userName {_TEXT}), sourceIdentity {_TEXT})"
_RECORD = {
    **dict.fromkeys(
        ("eventTime", "eventSource", "eventName", "eventID", "requestID", "awsRegion", "sourceIPAddress", "userAgent",
         "errorCode", "errorMessage", "eventType", "recipientAccountId", "sessionCredentialFromConsole"),
        _TEXT,
    ),
    "readOnly": "Nullable(Bool)",
    "userIdentity": f"Tuple({', '.join(f'{name} {_TEXT}' for name in _WHO)}, {_SESSION})",
}  # fmt: skip
_BODIES = {"request": "requestParameters", "response": "responseElements", "additional": "additionalEventData"}
_FACTS = """
 r.eventID AS provider_id, parseDateTimeBestEffortOrNull(r.eventTime) AS time, r.recipientAccountId AS account,
 r.awsRegion AS region, replaceAll(r.eventSource, '.amazonaws.com', '') AS service, r.eventName AS operation,
 r.readOnly AS read_only, r.errorCode AS error_code, r.errorMessage AS error_message,
 r.userIdentity.type AS principal_type, r.userIdentity.arn AS principal, r.userIdentity.principalId AS principal_id,
 r.userIdentity.sessionContext.sessionIssuer.arn AS issuer, r.userIdentity.accessKeyId AS access_key,
 r.userIdentity.sessionContext.sourceIdentity AS source_identity, r.userIdentity.invokedBy AS invoked_by,
 coalesce(r.userIdentity.userName, arrayElement(splitByChar('/', ifNull(r.userIdentity.arn, '')), -1))
  AS principal_name,
 r.sourceIPAddress AS source_ip, r.userAgent AS ua, r.eventType AS event_type, r.requestID AS request_id,
 r.sessionCredentialFromConsole AS from_console,
 coalesce(regexp_matches(r.errorCode, 'AccessDenied|Unauthorized|Forbidden'), 0) AS denied
"""


def main() -> None:
    """``peer_chdb.py NAME {"folder": PATH, "database": PATH}``"""
    arguments = json.loads(sys.argv[2])
    database = Path(arguments["database"])
    shutil.rmtree(database, ignore_errors=True)
    chdb = session.Session(str(database))
    chdb.query("CREATE DATABASE peer ENGINE = Atomic")
    bodies = ", ".join(f"JSONExtractRaw(record, '{name}') AS {column}" for column, name in _BODIES.items())
    members = ", ".join(f'"{name}" {kind}' for name, kind in _RECORD.items())
    read = f"file('{arguments['folder']}/*.json.gz', 'JSONAsString')"
    rules = RULES.replace("\\", "\\\\")  # a backslash in a text of ClickHouse's is written twice
    sql = (
        "CREATE TABLE peer.events ENGINE = MergeTree ORDER BY tuple() AS "
        f"WITH records AS (SELECT arrayJoin(JSONExtractArrayRaw(json, 'Records')) AS record FROM {read}), "
        f"typed AS (SELECT JSONExtract(record, 'Tuple({members})') AS r, {bodies} FROM records), "
        f"facts AS (SELECT {_FACTS}, {', '.join(_BODIES)} FROM typed), ruled AS (SELECT *, {rules} FROM facts) "
        f"SELECT *, {JUDGED} FROM ruled"
    )
    began, cpu = time.perf_counter(), time.process_time()
    chdb.query(sql)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    count = int(str(chdb.query("SELECT count() FROM peer.events")).strip())
    told = str(chdb.query("SELECT source, count() FROM peer.events GROUP BY 1 ORDER BY 2 DESC", "JSONCompact"))
    chdb.close()
    shutil.rmtree(database)
    sources = {source: int(events) for source, events in json.loads(told)["data"]}
    print(json.dumps({"events": count, "seconds": seconds, "cpu": cpu, "sources": sources}))


main()
