"""A Spark session of our own: how it is started, what is always set, and its errors in a line.

The driver is a Java process beside this one. What it writes on its standard error goes to a file, because one failure
is hundreds of lines there; the file is named where its first line does not say enough.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from remit.model.errors import RemitError, StoreError, Unavailable, UsageError

SETTINGS: Final[Mapping[str, str]] = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.variable.substitute": "false",
    "spark.sql.caseSensitive": "false",
}
"""What the answers' meaning rests on; nobody sets it otherwise."""
_USUAL: Final[Mapping[str, str]] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "16m",
}
"""What ``--conf`` may change. Small partitions keep a long export's share of the driver's memory small."""
_ALONE: Final[Mapping[str, str]] = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
"""For a master on this machine; a cluster's executors must reach the driver by its real address."""
_S3_JAR: Final = "Give --packages org.apache.hadoop:hadoop-aws:VERSION, of the Hadoop that this Spark is built with."
_DELTA_JAR: Final = "Give --packages io.delta:delta-spark_2.13:VERSION, made for this Spark, or leave --delta out."
_LONGEST: Final = 300
_DEEPEST: Final = 20
_GONE: Final = re.compile("FILE_NOT_EXIST|FileNotFoundException")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SparkOptions:
    """Where Spark runs: its master's URL, settings of its own, and Maven coordinates of jars that it is to fetch."""

    master: str = "local[*]"
    settings: Mapping[str, str] = field(default_factory=dict)
    packages: Sequence[str] = ()


class SparkEngine:
    """A running session; ``reader.Executes`` over its views."""

    def __init__(self, session: Any, log: Path) -> None:
        self.session = session
        self._log = log

    @property
    def version(self) -> str:
        """Spark's own."""
        return str(self.session.version)

    def execute(self, sql: str, params: Sequence[object] = ()) -> pa.Table:
        """Run a query to its end; times among the parameters are given as microseconds since the epoch."""
        with self.errors():
            return self.frame(sql, params).toArrow()

    def frame(self, sql: str, params: Sequence[object] = ()) -> Any:
        """A query that has not run yet."""
        with self.errors():
            return self.session.sql(sql, args=[_value(each) for each in params])

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn Spark's errors into the store's."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            yield
        except (PySparkException, Py4JError) as error:
            raise _told(error, self._log) from None
        except OSError as error:  # the Java process is gone
            raise Unavailable(f"Spark is gone: {error}", where=str(self._log)) from error

    def close(self) -> None:
        """End the session and the Java process; nothing the second time."""
        if not self._log.parent.exists():
            return
        context = self.session.sparkContext
        gateway = context._gateway
        self.session.stop()
        gateway.shutdown()
        process = getattr(gateway, "proc", None)
        if process is not None:
            process.stdin.close()
            process.wait(30)
        type(context)._gateway = type(context)._jvm = None
        shutil.rmtree(self._log.parent, ignore_errors=True)


@contextmanager
def spark(options: SparkOptions) -> Iterator[SparkEngine]:
    """A session for the length of a block.

    :raises Unavailable: if PySpark or Java is missing, or Spark does not start.
    :raises UsageError: for a setting that the answers' meaning rests on.
    """
    engine = _started(options)
    try:
        yield engine
    finally:
        engine.close()


def _started(options: SparkOptions) -> SparkEngine:
    check_installed()
    settings = _settings(options)
    folder = Path(tempfile.mkdtemp(prefix="remit-spark-"))
    log = folder / "driver.log"
    try:
        with _standard_error_to(log):
            session = _session(options.master, {**settings, "spark.sql.warehouse.dir": str(folder / "warehouse")})
    except Exception as error:
        raise Unavailable(
            f"Spark did not start: {_first_line(error)}",
            where=f"{options.master}; its own words are in {log}",
            remedy=_remedy_of(log),
        ) from None
    return SparkEngine(session, log)


def check_installed() -> None:
    """See that there is something to start.

    :raises Unavailable: with what to install.
    """
    if find_spec("pyspark") is None:
        raise Unavailable("Spark is not installed", remedy="Install it with: pip install 'remit[spark]'")
    if java() is None:
        raise Unavailable(
            "Spark needs Java, and there is none",
            where=os.environ.get("JAVA_HOME", "PATH"),
            remedy="Install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME.",
        )


def java() -> str | None:
    """The Java that Spark would run; None if there is none."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which(str(Path(home) / "bin" / "java")) if home else shutil.which("java")


def _settings(options: SparkOptions) -> dict[str, str]:
    if fixed := sorted(SETTINGS.keys() & options.settings.keys()):
        raise UsageError(f"{fixed[0]} is set by Remit", remedy="The answers' meaning rests on it: leave it out.")
    alone = _ALONE if _on_this_machine(options.master) else {}
    packages = {"spark.jars.packages": ",".join(options.packages)} if options.packages else {}
    return {**_USUAL, **alone, **packages, **options.settings, **SETTINGS}


def _on_this_machine(master: str) -> bool:
    return master.startswith(("local", "spark://127.0.0.1:", "spark://localhost:"))


def _session(master: str, settings: Mapping[str, str]) -> Any:
    from pyspark.sql import SparkSession

    building = SparkSession.builder.master(master).appName("remit")
    for name, value in settings.items():
        building = building.config(name, value)
    return building.getOrCreate()


@contextmanager
def _standard_error_to(log: Path) -> Iterator[None]:
    """Processes started within the block write their standard error to a file, for as long as they live."""
    sys.stderr.flush()
    ours = os.dup(2)
    with log.open("wb") as sink:
        os.dup2(sink.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(ours, 2)
        os.close(ours)


def _value(given: object) -> object:
    """A parameter as Spark takes it: a time is its microseconds, of which ``timestamp_micros`` makes a timestamp."""
    if isinstance(given, datetime):
        return (given.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    return given


def _told(error: Exception, log: Path) -> RemitError:
    said = _first_line(error)
    if _GONE.search(said) or _GONE.search(_causes(error)):
        return StoreError(
            "A file of the lake was removed while it was read", remedy="Ask again: a newer version has its rows."
        )
    if "S3AFileSystem" in said:
        return Unavailable("Spark has no jar that reads S3", remedy=_S3_JAR)
    if "DATA_SOURCE_NOT_FOUND" in said and "delta" in said:
        return Unavailable("Spark has no Delta jar", remedy=_DELTA_JAR)
    return StoreError(f"Spark failed: {said}", where=str(log) if log.exists() else "")


def _causes(error: Exception) -> str:
    """What is behind an error, a line each: Spark wraps what another of its threads met."""
    caused = getattr(error, "java_exception", None)
    found: list[str] = []
    while caused is not None and len(found) < _DEEPEST:
        found.append(str(caused.toString()))
        caused = caused.getCause()
    return "\n".join(found)


def _first_line(error: Exception) -> str:
    """The first line that says something, without the Java behind it."""
    caused = getattr(error, "java_exception", None)
    text = str(caused.toString() if caused is not None else error)
    line = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    return line[:_LONGEST]


def _remedy_of(log: Path) -> str:
    text = log.read_text(errors="replace") if log.exists() else ""
    if "UnsupportedClassVersionError" in text:
        return "Install Java 17 or newer, or set JAVA_HOME to it."
    if "All masters are unresponsive" in text or "Failed to connect to master" in text:
        return "Check the master's address, and that it runs the same version of Spark."
    return "Check the master's address and the settings given by --conf."
