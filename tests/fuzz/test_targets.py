"""Every reader of untrusted bytes holds its promises: on valid input, on what was found before, on generated harm."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.model.vocabulary import DATA_SOURCES

from .mutations import mutated
from .targets import targets

FOUND = Path(__file__).parent / "found"
ROOT = Path(__file__).parent.parent.parent
NAMES = (
    *(f"decode-{name}" for name in DATA_SOURCES), "mixed", "redaction", "framing", "file", "query", "moment", "cursor",
    "webhook", "registry", "configuration", "subject", "address", "policy",
)  # fmt: skip
"""Named here, as the estate is made only when a test runs."""
CASES = sorted(path.relative_to(FOUND).as_posix() for path in FOUND.glob("*/*")) if FOUND.is_dir() else []
SECONDS = 8
"""Of coverage-guided search for each target."""


def test_every_target_is_tested() -> None:
    assert set(NAMES) == set(targets())


@pytest.mark.parametrize("name", NAMES)
def test_valid_input_passes(name: str) -> None:
    for seed in targets()[name].seeds:
        if name != "cursor":
            targets()[name].check(seed)


@pytest.mark.parametrize("case", CASES)
def test_what_was_found_before_stays_mended(case: str) -> None:
    targets()[case.partition("/")[0]].check((FOUND / case).read_bytes())


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_harmed_input_breaks_no_promise(name: str, seed: int) -> None:
    target = targets()[name]
    target.check(mutated(target.seeds, Random(seed)))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=200))
def test_any_bytes_break_no_promise(name: str, data: bytes) -> None:
    targets()[name].check(data)


@pytest.mark.heavy
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**63))
def test_much_harmed_input_breaks_no_promise(name: str, seed: int) -> None:
    target = targets()[name]
    target.check(mutated(target.seeds, Random(seed)))


@pytest.mark.heavy
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.skipif(find_spec("atheris") is None, reason="SKIPPED: atheris is not installed (remit[fuzz])")
def test_coverage_guided_search_finds_nothing(name: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for at, seed in enumerate([*targets()[name].seeds, *map(Path.read_bytes, FOUND.glob(f"{name}/*"))]):
        (corpus / str(at)).write_bytes(seed)
    limits = [f"-max_total_time={SECONDS}", "-timeout=20", "-rss_limit_mb=1024", f"-artifact_prefix={tmp_path}/found-"]
    command = [sys.executable, "-m", "tests.fuzz.driver", name, *limits, str(corpus)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=SECONDS + 120)
    found = next(tmp_path.glob("found-*"), None)
    said = done.stderr.decode("utf-8", "replace")[-3_000:]
    assert done.returncode == 0, f"{found and found.read_bytes()[:2_000]!r}\n{said}"
