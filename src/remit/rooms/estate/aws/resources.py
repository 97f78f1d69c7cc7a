"""The things the estate is made of, by account: names that scenes fill into their calls."""

from __future__ import annotations

from remit.rooms.estate.cast import REGION, Account
from remit.rooms.estate.chance import Chance, stable_digits, stable_uuid

_SERVICES = ("orders", "payments", "catalog", "invoices", "search", "notifications")


def names(account: Account, chance: Chance, app: str = "") -> dict[str, str]:
    """One consistent pick of resources of an account: everything of one application, any unless named."""
    app = app or chance.pick(_SERVICES)
    environment = account.environment
    number = chance.between(1, 4)
    return {
        "account": account.id,
        "region": REGION,
        "environment": environment,
        "app": app,
        "instance": "i-0" + stable_digits(account.id, app, number, digits=16),
        "group": "sg-0" + stable_digits(account.id, app, "sg", digits=16),
        "volume": "vol-0" + stable_digits(account.id, app, number, "vol", digits=16),
        "snapshot": "snap-0" + chance.hex(16),
        "interface": "eni-0" + chance.hex(16),
        "subnet": "subnet-0" + stable_digits(account.id, "subnet", digits=16),
        "bucket": f"acme-{environment}-{app}",
        "object": f"exports/2026/{app}-{chance.between(1000, 9999)}.parquet",
        "function": f"{app}-worker",
        "cluster": f"acme-{environment}",
        "database": f"{app}-{environment}",
        "table": f"{app}-{environment}",
        "queue": f"https://sqs.{REGION}.amazonaws.com/{account.id}/{app}-events",
        "topic": f"arn:aws:sns:{REGION}:{account.id}:{app}-alerts",
        "secret": f"{environment}/{app}/database",
        "key": f"arn:aws:kms:{REGION}:{account.id}:key/{stable_uuid(account.id, app, 'kms')}",
        "log": f"/acme/{environment}/{app}",
        "role": f"{app}-service",
        "alarm": f"{app}-errors-high",
        "asg": f"{app}-{environment}-asg",
        "stack": f"{app}-{environment}",
        "revision": str(chance.between(40, 190)),
        "random": chance.hex(8),
    }
