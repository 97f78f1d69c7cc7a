"""Write the tables of docs/scale.md from docs/scale-inputs.toml: ``.venv/bin/python scripts/write_scale_docs.py``.

With ``--check`` nothing is written and the exit status is 1 when the document is not current. Another file of inputs,
named as an argument, is computed and printed instead: a company's own figures.
"""

from __future__ import annotations

import math
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final

from written_parts import with_part, write_or_check

DOCS: Final = Path(__file__).parent.parent / "docs"
DOCUMENT: Final = DOCS / "scale.md"
INPUTS: Final = DOCS / "scale-inputs.toml"
A_DAY: Final = (10**5, 10**6, 10**7, 10**8, 10**9, 10**10)
_DAY: Final = 86_400
_ENOUGH: Final = 3
"""Questions that must have been measured before their median counts."""
_MONTH: Final = 30
_DERIVED: Final = {
    "spark_start_core_seconds": "a session's first question: starting, planning, compiling",
    "spark_core_seconds_per_gb": "the median question of the table above for each GB of the lake",
}
Inputs = Mapping[str, float]


def read_inputs(text: str) -> Inputs:
    """Measured and assumed figures as one table, and what follows of Spark's questions: core-seconds of a session's
    first, and their median for each GB of the lake."""
    found = tomllib.loads(text)
    return {**found["measured"], **found["assumed"], **_derived(found["spark"])}


def _derived(spark: Mapping[str, Any]) -> Inputs:
    """What enough measured questions say; until there are as many, the assumption stands."""
    start = {"spark_start_core_seconds": spark["first_core_s"]}
    if len(spark["questions"]) < _ENOUGH:
        return start
    per_gb = median(each["spark_cpu_s"] for each in spark["questions"]) / (spark["bytes"] / 1e9)
    return {**start, "spark_core_seconds_per_gb": per_gb}


def sized(events: int, given: Inputs) -> dict[str, float]:
    """What so many events a day take, by the formulae of the page."""
    ingest = given["maintenance_core_seconds"] / 10**6 + 1 / given["events_per_core_second"]
    lake = events * given["days_kept"] * given["lake_bytes"]
    asked_gb = events * given["days_asked"] * given["lake_bytes"] / 1e9
    question = given["spark_start_core_seconds"] + asked_gb * given["spark_core_seconds_per_gb"]
    busy_hours = events * ingest / 3600 + given["questions_a_day"] * question / 3600
    return {
        "mean": events / _DAY,
        "ingest_cores": events / _DAY * given["peak_over_mean"] * ingest / given["utilisation"],
        "lake_gb": lake / 1e9,
        "index_gb": events * given["days_kept"] * given["index_bytes"] / 1e9,
        "question_core_seconds": question,
        "spark_cores": question / given["seconds_to_answer"],
        "storage_dollars": lake / 1e9 * given["dollars_per_gb_month"],
        "compute_dollars": busy_hours * _MONTH * given["dollars_per_core_hour"],
    }


def sizes(given: Inputs) -> str:
    """The table of sizes, one row for each power of ten."""
    rows = [
        "| events a day | mean events/s | cores for ingest | lake | index of all that is kept | one Spark question | "
        "cores for it | storage a month | compute a month |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for events in A_DAY:
        need = sized(events, given)
        rows.append(
            f"| 10^{len(str(events)) - 1} | {_round(need['mean'])} | {_round(need['ingest_cores'])} "
            f"| {_bytes(need['lake_gb'])} | {_bytes(need['index_gb'])} "
            f"| {_round(need['question_core_seconds'])} core-s | {_round(need['spark_cores'])} "
            f"| {_dollars(need['storage_dollars'])} | {_dollars(need['compute_dollars'])} |"
        )
    return "\n".join(rows)


def inputs_table(text: str) -> str:
    """The inputs with their comments, as they stand in the file."""
    rows = ["| input | value | what it is |", "|---|---|---|"]
    part = ""
    for line in text.splitlines():
        if line.startswith("["):
            part = line.strip("[]")
        elif part not in ("measured", "assumed"):
            continue
        elif "=" in line and not line.startswith("#"):
            name, _, rest = line.partition("=")
            value, _, comment = rest.partition("#")
            rows.append(f"| `{name.strip()}` ({part}) | {value.strip()} | {comment.strip()} |")
    for name, value in _derived(tomllib.loads(text)["spark"]).items():
        rows.append(f"| `{name}` (measured) | {_round(value)} | {_DERIVED[name]} |")
    return "\n".join(rows)


def questions(text: str) -> str:
    """What Spark took for each question, beside the index."""
    measured: dict[str, Any] = tomllib.loads(text)["spark"]
    sentence = (
        f"Over {measured['rows']:,} events ({measured['bytes'] / 1e9:.2f} GB of lake in {measured['files']:,} files) "
        f"{_cluster(measured['workers'])}, {measured['date']}. Core-seconds are those of driver and executors. "
        f"{measured['circumstances']}"
    )
    rows = [
        sentence,
        "",
        "| question | Spark, wall | Spark, core-seconds | index, wall | the same answer |",
        "|---|---|---|---|---|",
    ]
    for each in measured["questions"]:
        rows.append(
            f"| {each['what']} | {each['spark_s']:.1f} s | {each['spark_cpu_s']:.1f} | {each['index_s']:.2f} s "
            f"| {'yes' if each['equal'] else '**no**'} |"
        )
    return "\n".join(rows)


def _cluster(workers: int) -> str:
    return f"on a master and {workers} workers of one core each" if workers else "in one process on two threads"


def current(document: str, text: str) -> str:
    """The document with today's tables in it; ``ValueError`` when a place for one is not marked."""
    tables = {"inputs": inputs_table(text), "sizes": sizes(read_inputs(text)), "questions": questions(text)}
    for name, table in tables.items():
        document = with_part(document, name, Path(__file__).stem, table)
    return document


def _round(value: float) -> str:
    """Two digits that count."""
    if value <= 0:
        return "0"
    places = max(0, 1 - math.floor(math.log10(value)))
    return f"{round(value, 1 - math.floor(math.log10(value))):,.{min(places, 2)}f}"


def _bytes(gigabytes: float) -> str:
    for unit in ("GB", "TB"):
        if gigabytes < 1000:
            return f"{_round(gigabytes)} {unit}"
        gigabytes /= 1000
    return f"{_round(gigabytes)} PB"


def _dollars(value: float) -> str:
    return f"${_round(value)}"


def main() -> int:
    """Write, check, or print another company's table."""
    others = [word for word in sys.argv[1:] if not word.startswith("-")]
    if others:
        print(sizes(read_inputs(Path(others[0]).read_text(encoding="utf-8"))))
        return 0
    text = INPUTS.read_text(encoding="utf-8")
    return write_or_check(DOCUMENT, lambda document: current(document, text), sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
