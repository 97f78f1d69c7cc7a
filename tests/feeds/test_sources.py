import gzip
import json
import subprocess
import threading
from pathlib import Path

from remit.adapters.feeds import git_history
from remit.adapters.feeds.chunks import Skipped
from remit.adapters.feeds.open_feed import read, sources, watch


def test_a_folder_is_read_in_order_and_what_is_passed_over_is_counted(tmp_path: Path) -> None:
    for name in ("b.json", "a/x.json.gz", ".hidden/y.json", "CloudTrail-Digest/d.json", "CloudTrail-Insight/i.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(b"{}"))
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    tally = Skipped()
    found = list(sources(str(tmp_path), skipped=tally))
    assert [Path(source.place).name for source in found] == ["x.json.gz", "b.json"]
    assert tally == {"hidden": 1, "cloudtrail-digest": 1, "cloudtrail-insight": 1, "seen-folder": 1}
    assert list(sources(str(tmp_path), done=lambda place, mark: True, skipped=tally)) == []
    Path(found[1].place).unlink()
    assert [fault.reason for chunk in read(found[1]) for fault in chunk.faults] == ["vanished"]


def test_a_watch_gives_new_and_grown_files_once(tmp_path: Path) -> None:
    log, stop, seen = tmp_path / "a.jsonl", threading.Event(), []
    log.write_bytes(b"{}\n")
    for source in watch(str(tmp_path), 0.01, stop):
        seen.append(source.size)
        if len(seen) == 2:
            stop.set()
        log.write_bytes(b"{}\n{}\n")
    assert seen == [3, 6]


def test_a_history_is_one_record_a_commit_and_runs_nothing_the_repository_names(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), "-c", "user.name=P", "-c", "user.email=p@x", *words], check=True)

    git("init", "-q")
    git("remote", "add", "origin", "https://token@example.com/owner/name.git")
    for message in ("one", "two\n\nbody\n\nCo-authored-by: Bot <b@x>"):
        git("commit", "-q", "--allow-empty", "-m", message)
    for key in ("core.fsmonitor", "gpg.program", "core.pager"):
        git("config", key, f"touch {tmp_path}/owned; false")
    (source,) = sources(f"git:{tmp_path}")
    commits = [json.loads(record)["git_commit"] for chunk in read(source) for record in chunk.records]
    assert [commit["message"].split("\n")[0] for commit in commits] == ["two", "one"]
    assert commits[0]["trailers"] == [["Co-authored-by", "Bot <b@x>"]]
    assert commits[0]["parents"] == [commits[1]["sha"]]
    assert commits[0]["repository"] == "owner/name"
    assert not (tmp_path / "owned").exists()


def test_the_root_of_a_checkout_is_its_history_and_a_folder_inside_it_is_logs(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "logs").mkdir()
    assert git_history.is_repository_target(str(tmp_path))
    assert not git_history.is_repository_target(str(tmp_path / "logs"))
