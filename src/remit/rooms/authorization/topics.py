"""The questions about an agent's permissions, and the actions that each is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from remit.reference.aws import Action, AwsReference
from remit.reference.aws_verbs import kind_of_name

CREATE: Final = "create"
DELETE: Final = "delete"
NETWORK: Final = "networks"
GRANT: Final = "permissions"
TITLES: Final[Mapping[str, str]] = {
    CREATE: "Create things",
    DELETE: "Delete things",
    NETWORK: "Change networks",
    GRANT: "Change who may do what",
}
_IN_VIRGINIA: Final = frozenset(
    {"account", "artifact", "budgets", "ce", "chatbot", "cloudfront", "health", "iam", "importexport", "organizations",
     "route53", "route53domains", "shield", "support", "trustedadvisor", "waf"}
)  # fmt: skip
_IN_OREGON: Final = frozenset({"globalaccelerator", "networkmanager"})
HOMES: Final[Mapping[str, str]] = {**dict.fromkeys(_IN_VIRGINIA, "us-east-1"), **dict.fromkeys(_IN_OREGON, "us-west-2")}
"""Services with one endpoint for the world -> the Region that all their requests are made to."""
_NETWORK_SERVICES: Final = frozenset(
    {"directconnect", "elasticloadbalancing", "globalaccelerator", "network-firewall", "networkmanager", "route53",
     "route53profiles", "route53resolver", "vpc-lattice"}
)  # fmt: skip
_NETWORK_WORDS: Final = (
    "address", "carriergateway", "coip", "customergateway", "dhcpoptions", "egressonly", "flowlogs", "internetgateway",
    "ipam", "localgateway", "natgateway", "networkacl", "networkinterface", "networkinsights", "peering", "prefixlist",
    "routetable", "route", "routeserver", "securitygroup", "subnet", "transitgateway", "trafficmirror", "vgw",
    "verifiedaccess", "vpc", "vpn",
)  # fmt: skip
_CHANGING: Final = ("write", "permissions")


@dataclass(frozen=True, slots=True)
class Subject:
    """One action with what is asked of it."""

    service: str
    name: str
    entry: Action
    topics: frozenset[str]

    @property
    def full(self) -> str:
        """``ec2:RunInstances``."""
        return f"{self.service}:{self.name}"


def subjects(reference: AwsReference) -> dict[str, tuple[Subject, ...]]:
    """Every action that some topic is about, by service."""
    return {service: found for service in sorted(reference.services()) if (found := tuple(_of(reference, service)))}


def every(reference: AwsReference) -> dict[str, tuple[Subject, ...]]:
    """Every action there is, by service."""
    return {
        service: tuple(
            Subject(service, name, entry, frozenset()) for name, entry in reference.service(service).actions.items()
        )
        for service in sorted(reference.services())
    }


def _of(reference: AwsReference, service: str) -> Iterator[Subject]:
    for name, entry in reference.service(service).actions.items():
        topics = frozenset(topics_of(service, name, entry))
        if topics:
            yield Subject(service, name, entry, topics)


def topics_of(service: str, name: str, entry: Action) -> Iterator[str]:
    """The topics of one action: by its access level in AWS's reference and the verb of its name."""
    if entry.level not in _CHANGING:
        return
    kind = kind_of_name(name, changes=True)
    if entry.level == "permissions":
        yield GRANT
    if kind in (CREATE, DELETE) and entry.level == "write":
        yield kind
    if service in _NETWORK_SERVICES or (service == "ec2" and any(word in name.lower() for word in _NETWORK_WORDS)):
        yield NETWORK
