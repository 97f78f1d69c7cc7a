"""A process that has everything loaded and lets children live: each is forked, lives one life, and may be killed.

Run as a program it takes one JSON object a line and answers with one. It opens no store itself, so that nothing that
must not be forked is there when it forks. ``Nursery`` is the test's side.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, Final, Self

from remit.adapters.store.lake.disk import Disk

SECONDS: Final = 240
NEVER, BEFORE, HALF, FULL, UNSYNCED = range(5)


class Nursery:
    """Lives in processes of their own. ``gate`` is a library to preload, which then gates every change of a file."""

    def __init__(self, root: Path, gate: Path | None = None) -> None:
        self._gated = gate is not None
        preload = {"LD_PRELOAD": str(gate)} if gate else {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.order.nursery"],
            cwd=root,
            env={**os.environ, **preload, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=SECONDS)
        self._process.stdout.close()

    def ask(self, **asked: Any) -> tuple[int, list[dict[str, Any]]]:
        """Let a child do it; its status (negative: the signal that ended it) and what it told."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({**asked, "preloaded": self._gated}, default=str) + "\n")
        self._process.stdin.flush()
        ready = select.select([self._process.stdout], [], [], SECONDS + 10)[0]
        assert ready, f"no answer to {asked}"
        answer = json.loads(self._process.stdout.readline())
        return answer["status"], answer["told"]


def _serve() -> None:
    from tests.order import lives  # everything is loaded once, here

    lives.narrow()
    from remit.app.packaged import load_formats

    load_formats()
    for line in sys.stdin:
        asked = json.loads(line)
        report = Path(asked["report"])
        report.unlink(missing_ok=True)
        child = os.fork()
        if not child:
            os._exit(_child(asked, report))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        lines = report.read_text().splitlines() if report.exists() else []
        print(json.dumps({"status": status, "told": [json.loads(line) for line in lines]}), flush=True)


def _child(asked: dict[str, Any], report: Path) -> int:
    import signal

    from tests.order import lives

    signal.alarm(SECONDS)
    tell = lives.teller(report)
    try:
        os.close(0)
        if asked.get("rules") == "old":
            lives.old_rules()
        data, given = Path(asked["data"]), Path(asked["given"])
        if asked["do"] == "afterwards":
            lives.afterwards(asked["life"], data, given, asked["acknowledged"], tell)
            return 0
        if "album" in asked:
            photograph(data, asked["numbers"], asked["album"])
            tell = lives.after_so_many(tell, lambda: counted(preloaded=True))
        elif "log" in asked:
            log = _appending(asked["log"])
            tell = lives.both(tell, lambda said: os.write(log, f"A\t{json.dumps(said)}\n".encode()))
            arm(Path(asked.get("below", data)), 0, NEVER, asked["preloaded"], log)
        else:
            arm(data, asked.get("number", 0), asked.get("how", NEVER), asked["preloaded"], -1)
        lives.telling_what_is_acknowledged(tell)
        lives.live(asked["life"], data, given, tell)
        tell({"changes": counted(asked["preloaded"])})
        return 0
    except BaseException as error:
        tell(
            {
                "failed": f"{type(error).__name__}: {error}",
                "code": getattr(error, "code", ""),
                "at": traceback.format_exc(),
            }
        )
        return 70


# --- gates


def _appending(log: str) -> int:
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def arm(below: Path, number: int, how: int, preloaded: bool, log: int) -> None:
    """Gate every change below a folder, and note it in an open file if one is given: in the C library where the gate is
    preloaded, else at the lake's disk."""
    if preloaded:
        ctypes.CDLL(None).gate_arm(str(below).encode(), ctypes.c_long(number), how, log)
        return
    _at_disk(number, how)


def photograph(data: Path, numbers: list[int], album: str) -> None:
    """Copy the data folder into the album before each of these changes, and half-way through those that write."""
    listed = (ctypes.c_long * len(numbers))(*numbers)
    ctypes.CDLL(None).gate_photograph(str(data).encode(), listed, ctypes.c_long(len(numbers)), album.encode())


def counted(preloaded: bool) -> int:
    """How many changes passed the gate."""
    return int(ctypes.CDLL(None).gate_counted()) if preloaded else _counted[0]


_counted = [0]


def _at_disk(number: int, how: int) -> None:
    """The gate for the lake's one door to the file system; half-way is half of a file's content."""

    def met(half: Any = None) -> None:
        _counted[0] += 1
        if _counted[0] == number:
            if how == HALF and half is not None:
                half()
            os.kill(os.getpid(), 9)

    create, sync, rename, remove = Disk._create, Disk._fsync, Disk.rename, Disk.remove

    def gated_create(disk: Disk, path: Path) -> Any:
        met()
        return _Halving(create(disk, path), met)

    def gated_sync(disk: Disk, descriptor: int, path: Path) -> None:
        met()
        sync(disk, descriptor, path)

    def gated_rename(disk: Disk, path: Path, to: Path) -> None:
        met()
        rename(disk, path, to)

    def gated_remove(disk: Disk, path: Path) -> None:
        met()
        remove(disk, path)

    Disk._create, Disk._fsync = gated_create, gated_sync  # type: ignore[method-assign]
    Disk.rename, Disk.remove = gated_rename, gated_remove  # type: ignore[method-assign]


class _Halving:
    """A file whose writes pass the gate."""

    def __init__(self, handle: Any, met: Any) -> None:
        self._handle = handle
        self._met = met

    def write(self, data: Any) -> int:
        held = memoryview(data).cast("B")
        self._met(lambda: (self._handle.write(held[: len(held) // 2]), self._handle.flush()))
        return int(self._handle.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handle, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.close()


if __name__ == "__main__":
    _serve()
