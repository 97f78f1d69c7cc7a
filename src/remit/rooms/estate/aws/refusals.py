"""How AWS says no: the forms of denial messages, and failures that are no denials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from remit.rooms.estate.feed import Json


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error of one call. ``message`` may name ``{user}``, ``{action}`` and ``{resource}``."""

    code: str
    message: str
    action: str = ""
    resource: str = ""

    def fields(self, identity: Json, resource: str) -> Json:
        text = self.message.replace("{user}", str(identity.get("arn", identity.get("principalId"))))
        text = text.replace("{action}", self.action).replace("{resource}", resource)
        return {"errorCode": self.code, "errorMessage": text} if text else {"errorCode": self.code}


_WHO: Final = "User: {user} is not authorized to perform: {action} on resource: {resource}"
_ENCODED: Final = "DEMOnotAnEncodedMessage" + "0123456789abcdef" * 12


def explicit(action: str, resource: str, policy: str, arn: str = "", code: str = "AccessDenied") -> Refusal:
    """Something denies it: ``policy`` is the policy type in AWS's words, ``arn`` the policy where AWS names it."""
    tail = f" with an explicit deny in a{'n' if policy[0] in 'ai' else ''} {policy}" + (f": {arn}" if arn else "")
    return Refusal(code, _WHO + tail, action, resource)


def implicit(action: str, resource: str, policy: str, code: str = "AccessDenied") -> Refusal:
    """Nothing allows it."""
    return Refusal(code, _WHO + f" because no {policy} allows the {{action}} action", action, resource)


def ec2_encoded() -> Refusal:
    """EC2's form that says nothing until its message is decoded."""
    text = "You are not authorized to perform this operation. Encoded authorization failure message: " + _ENCODED
    return Refusal("Client.UnauthorizedOperation", text)


def ec2_explicit(action: str, resource: str, policy: str, arn: str) -> Refusal:
    """EC2's newer form: the sentence, then the encoded message."""
    text = (
        f"You are not authorized to perform this operation. {_WHO} with an explicit deny in a {policy}: {arn}. "
        f"Encoded authorization failure message: {_ENCODED}"
    )
    return Refusal("Client.UnauthorizedOperation", text, action, resource)


BARE: Final = Refusal("AccessDenied", "Access Denied")
"""S3's form to callers it does not explain itself to."""
KMS: Final = Refusal(
    "AccessDenied",
    "User: {user} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because "
    "the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy "
    "explicitly denies access",
)
VPC_ENDPOINT_EVENT: Final = Refusal("VpceAccessDenied", "The request was denied due to a VPC endpoint policy")
THROTTLED: Final = Refusal("ThrottlingException", "Rate exceeded")
DELETION_PROTECTED: Final = Refusal(
    "InvalidParameterCombinationException",
    "Cannot delete protected Cluster, please disable deletion protection and try again.",
)
