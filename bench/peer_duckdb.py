"""DuckDB on the same files: ``read_json``, 26 columns, and attribution rules as SQL, into a table of a database file.

The rules are those of the packaged signals that a line of SQL over one record can say; redaction, authorization
context, resource names, denial messages, joins, deduplication and quarantine are not attempted, and the whole record
is not kept, so this is less work than an ingest.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb
from peer_rules import JUDGED, RULES

_RECORD = {
    "eventTime": "VARCHAR", "eventSource": "VARCHAR", "eventName": "VARCHAR", "eventID": "VARCHAR",
    "requestID": "VARCHAR", "awsRegion": "VARCHAR", "sourceIPAddress": "VARCHAR", "userAgent": "VARCHAR",
    "errorCode": "VARCHAR", "errorMessage": "VARCHAR", "readOnly": "BOOLEAN", "eventType": "VARCHAR",
    "recipientAccountId": "VARCHAR", "sessionCredentialFromConsole": "VARCHAR", "requestParameters": "JSON",
    "responseElements": "JSON", "additionalEventData": "JSON",
    "userIdentity": "STRUCT(type VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, accessKeyId VARCHAR, "
    "userName VARCHAR, invokedBy VARCHAR, sessionContext STRUCT(sessionIssuer STRUCT(arn VARCHAR, userName VARCHAR), "
    "attributes STRUCT(mfaAuthenticated VARCHAR), sourceIdentity VARCHAR))",
}  # fmt: skip

_FACTS = """
 r.eventID AS provider_id, r.eventTime::TIMESTAMP AS time, r.recipientAccountId AS account, r.awsRegion AS region,
 replace(r.eventSource, '.amazonaws.com', '') AS service, r.eventName AS operation, r.readOnly AS read_only,
 r.errorCode AS error_code, r.errorMessage AS error_message, r.userIdentity.type AS principal_type,
 r.userIdentity.arn AS principal, r.userIdentity.principalId AS principal_id,
 r.userIdentity.sessionContext.sessionIssuer.arn AS issuer, r.userIdentity.accessKeyId AS access_key,
 r.userIdentity.sessionContext.sourceIdentity AS source_identity, r.userIdentity.invokedBy AS invoked_by,
 coalesce(r.userIdentity.userName, split_part(r.userIdentity.arn, '/', -1)) AS principal_name,
 r.sourceIPAddress AS source_ip, r.userAgent AS ua, r.eventType AS event_type, r.requestID AS request_id,
 r.sessionCredentialFromConsole AS from_console, r.requestParameters AS request, r.responseElements AS response,
 r.additionalEventData AS additional,
 coalesce(regexp_matches(r.errorCode, 'AccessDenied|Unauthorized|Forbidden'), false) AS denied
"""


def main() -> None:
    """``peer_duckdb.py NAME {"files": [...], "database": PATH, "threads": N}``"""
    arguments = json.loads(sys.argv[2])
    database = Path(arguments["database"])
    database.unlink(missing_ok=True)
    connection = duckdb.connect(str(database), config={"threads": arguments["threads"]})
    record = "STRUCT(" + ", ".join(f'"{name}" {kind}' for name, kind in _RECORD.items()) + ")"
    read = (
        f"read_json(?, format='unstructured', columns={{'Records': '{record}[]'}}, "
        "maximum_object_size=134217728, compression='gzip')"
    )
    sql = (
        f"CREATE TABLE events AS WITH records AS (SELECT unnest(Records) AS r FROM {read}), "
        f"facts AS (SELECT {_FACTS} FROM records), ruled AS (SELECT *, {RULES} FROM facts) "
        f"SELECT *, {JUDGED} FROM ruled"
    )
    began, cpu = time.perf_counter(), time.process_time()
    connection.execute(sql, [arguments["files"]])
    connection.execute("CHECKPOINT")
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    count = connection.execute("SELECT count(*) FROM events").fetchall()[0][0]
    sources = dict(connection.execute("SELECT source, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC").fetchall())
    connection.close()
    database.unlink()
    print(json.dumps({"events": count, "seconds": seconds, "cpu": cpu, "sources": sources}))


main()
