"""The tables of docs/scale.md are what their inputs make them, by the formulae that stand on the page."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent.parent
OWN = """
[measured]
source_bytes = 100
lake_bytes = 200
index_bytes = 250
events_per_core_second = 10_000
maintenance_core_seconds = 100

[assumed]
days_kept = 100
days_asked = 10
seconds_to_answer = 50
questions_a_day = 36
peak_over_mean = 3
utilisation = 0.5
dollars_per_gb_month = 0.02
dollars_per_core_hour = 0.05

[spark]
rows = 5_000_000
bytes = 1_000_000_000
files = 1
workers = 2
first_core_s = 20
date = "2026-01-01"
circumstances = ""
questions = [
  { what = "a", spark_s = 1, spark_cpu_s = 1, index_s = 1, equal = true },
  { what = "b", spark_s = 1, spark_cpu_s = 4, index_s = 1, equal = true },
  { what = "c", spark_s = 1, spark_cpu_s = 9, index_s = 1, equal = false },
]
"""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return import_module("write_scale_docs")


def test_the_tables_of_scale_are_current(script: ModuleType) -> None:
    document, text = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("scale.md", "scale-inputs.toml"))
    assert script.current(document, text) == document, "run scripts/write_scale_docs.py"


def test_a_companys_own_figures_give_what_the_formulae_say(script: ModuleType) -> None:
    need = script.sized(86_400_000, script.read_inputs(OWN))
    assert need["mean"] == 1_000
    assert need["ingest_cores"] == pytest.approx(1_000 * 3 * 0.0002 / 0.5)
    assert need["lake_gb"] == pytest.approx(86.4e6 * 100 * 200 / 1e9)
    assert need["index_gb"] == pytest.approx(86.4e6 * 100 * 250 / 1e9)
    question = 20 + 86.4e6 * 10 * 200 / 1e9 * 4
    assert need["question_core_seconds"] == pytest.approx(question)
    assert need["spark_cores"] == pytest.approx(question / 50)
    assert need["storage_dollars"] == pytest.approx(1728 * 0.02)
    assert need["compute_dollars"] == pytest.approx(30 * (86.4e6 * 0.0002 + 36 * question) / 3600 * 0.05)


def test_an_answer_that_was_not_the_same_stands_out(script: ModuleType) -> None:
    rows = script.questions(OWN).splitlines()
    assert [row.rsplit("| ", 1)[1] for row in rows[-3:]] == ["yes |", "yes |", "**no** |"]
