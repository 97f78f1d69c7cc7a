"""Build records: Jenkins runs Terraform on its own host, GitLab mirrors tests; neither is GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from remit.rooms.estate.aws.iac import jenkins_build
from remit.rooms.estate.cast import ANA, PRODUCTION
from remit.rooms.estate.chance import Chance
from remit.rooms.estate.feed import Item, Json
from remit.rooms.estate.instants import MINUTE, SECOND, to_seconds
from remit.rooms.estate.rhythm import Moment

_JENKINS: Final = "https://jenkins.example.com/job/network-apply"
_GITLAB: Final = "https://gitlab.example.com/acme-demo/reports"


def jenkins(moment: Moment) -> Iterator[Item]:
    """A build in the statistics gatherer's shape, and the calls that its Terraform made meanwhile."""
    at, number = moment.at, 512 + moment.ordinal
    lasted = moment.chance.between(3, 6) * MINUTE
    record: Json = {
        "fullJobName": "network-apply",
        "jobName": "network-apply",
        "number": number,
        "buildUrl": f"{_JENKINS}/{number}/",
        "startTime": to_seconds(at),
        "endTime": to_seconds(at + lasted),
        "duration": lasted // 1000,
        "result": "SUCCESS",
        "startedUserId": "noor",
        "startedUsername": "Noor",
        "buildCause": "UserIdCause",
        "scmInfo": {
            "url": "https://github.com/acme-demo/network.git",
            "commit": moment.chance.hex(40),
            "branch": "origin/main",
        },
    }
    yield Item("ci-build", "jenkins", at + lasted, record)
    yield from jenkins_build(PRODUCTION, at + 30 * SECOND, moment.chance)


def gitlab(moment: Moment) -> Iterator[Item]:
    """A pipeline hook as GitLab sends it."""
    yield Item("ci-build", "gitlab", moment.at + 4 * MINUTE, _pipeline(moment, moment.chance))


def _pipeline(moment: Moment, chance: Chance) -> Json:
    number, sha = 7000 + moment.ordinal, chance.hex(40)
    status = "failed" if chance.happens(0.15) else "success"
    return {
        "object_kind": "pipeline",
        "object_attributes": {
            "id": number,
            "iid": 40 + moment.ordinal,
            "ref": "main",
            "sha": sha,
            "source": "push",
            "status": status,
            "detailed_status": status,
            "created_at": to_seconds(moment.at).replace("T", " ").replace("Z", " UTC"),
            "finished_at": to_seconds(moment.at + 4 * MINUTE).replace("T", " ").replace("Z", " UTC"),
            "duration": 240,
            "url": f"{_GITLAB}/-/pipelines/{number}",
        },
        "user": {"id": 31, "username": "ana", "name": ANA.name, "email": ANA.email},
        "project": {"id": 12, "name": "reports", "web_url": _GITLAB, "path_with_namespace": "acme-demo/reports"},
        "commit": {
            "id": sha,
            "message": "DATA-77: Refresh the weekly report",
            "author": {"name": ANA.name, "email": ANA.email},
        },
        "builds": [],
    }
