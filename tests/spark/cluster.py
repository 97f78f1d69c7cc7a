"""A standalone Spark on loopback: a master and two workers, each a Java process, from PySpark's own package."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_MASTER = re.compile(rb"Starting Spark master at (spark://127\.0\.0\.1:\d+)")
_SECONDS = 300


@contextmanager
def standalone(folder: Path, workers: int = 2) -> Iterator[str]:
    """The master's URL; every process is ended by its pid."""
    running: list[subprocess.Popen[bytes]] = []
    try:
        log = folder / "master.log"
        running.append(_start(log, "master.Master", "--port", "0"))
        url = _said(log, _MASTER, running[0]).decode()
        logs = [folder / f"worker-{number}.log" for number in range(workers)]
        for log in logs:
            running.append(_start(log, "worker.Worker", "-c", "1", "-m", "1g", "-d", str(log.with_suffix("")), url))
        for log, process in zip(logs, running[1:], strict=True):
            _said(log, re.compile(rb"(Successfully registered with master)"), process)
        yield url
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(log: Path, what: str, *arguments: str) -> subprocess.Popen[bytes]:
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    home = Path(spec.origin).parent
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_NO_DAEMONIZE": "1",
    }
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{what}"]
    command += ["--host", "127.0.0.1", "--webui-port", "0", *arguments]
    with log.open("wb") as sink:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=environment)


def _said(log: Path, pattern: re.Pattern[bytes], process: subprocess.Popen[bytes]) -> bytes:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := pattern.search(log.read_bytes()):
            return found[1]
        time.sleep(0.1)
    raise AssertionError(log.read_text(errors="replace")[-2_000:])
