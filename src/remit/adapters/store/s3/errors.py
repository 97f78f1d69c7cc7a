"""What S3 refuses, and what does not reach it, in the store's words: what happened, where, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from remit.model.errors import LakeUnreachable, StoreError

_CREDENTIALS: Final = (
    "Set AWS credentials where AWS's own tools look for them: the environment, a profile, or the role of the machine."
)
_ALLOW: Final = (
    "Allow s3:GetObject, s3:PutObject and s3:DeleteObject on the prefix and s3:ListBucket on the bucket; where the "
    "bucket keeps versions, also s3:DeleteObjectVersion and s3:ListBucketVersions."
)
_CODES: Final[Mapping[str, tuple[str, str]]] = {
    "NoSuchBucket": ("There is no such bucket", "Make the bucket, or mend lake.url; also check lake.region."),
    "AccessDenied": (
        "S3 does not allow {operation}",
        _ALLOW,
    ),
    "403": (
        "S3 does not allow {operation}",
        _ALLOW,
    ),
    "InvalidAccessKeyId": ("S3 does not know these credentials", _CREDENTIALS),
    "SignatureDoesNotMatch": ("S3 does not accept the signature of these credentials", _CREDENTIALS),
    "ExpiredToken": ("The AWS credentials have expired", "Sign in again, then run it again."),
    "ExpiredTokenException": ("The AWS credentials have expired", "Sign in again, then run it again."),
    "InvalidToken": ("The AWS session token is not valid", _CREDENTIALS),
    "RequestTimeTooSkewed": (
        "This machine's clock differs too much from that of S3",
        "Set the clock, with NTP for instance, then run it again.",
    ),
    "PermanentRedirect": ("The bucket is in another region", "Set lake.region to the bucket's region."),
    "AuthorizationHeaderMalformed": ("The bucket is in another region", "Set lake.region to the bucket's region."),
    "IllegalLocationConstraintException": (
        "The bucket is in another region",
        "Set lake.region to the bucket's region.",
    ),
    "NotImplemented": (
        "This object store cannot do what the lake needs: {said}",
        "Use one that has conditional writes (If-None-Match and If-Match on PutObject).",
    ),
}
_THROTTLED: Final = frozenset({"SlowDown", "503", "Throttling", "ThrottlingException", "RequestLimitExceeded", "429"})
_LATER: Final = "What was acknowledged is kept; the rest is read again when it is run again."


def cloud_errors(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """Everything that the AWS library raises, which is loaded only now; and more."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
    from urllib3.exceptions import HTTPError

    return (BotoCoreError, ClientError, Boto3Error, HTTPError, *more)


def code_of(error: Exception) -> str:
    """S3's code for a refusal; empty when it did not answer."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def status_of(error: Exception) -> int:
    """The HTTP status of a refusal; 0 when there was no answer."""
    response = getattr(error, "response", None)
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0) if isinstance(response, dict) else 0


def refusal(error: Exception, operation: str, where: str) -> StoreError:
    """The store's account of an error of the AWS library."""
    code = code_of(error)
    if code in _CODES:
        what, remedy = _CODES[code]
        return StoreError(what.format(operation=operation, said=str(error)), where=where, remedy=remedy)
    if code in _THROTTLED:
        return LakeUnreachable(f"S3 asks to slow down and goes on asking ({code})", where=where, remedy=_LATER)
    if status_of(error) >= 500:
        return LakeUnreachable(f"S3 failed repeatedly: {code or status_of(error)}", where=where, remedy=_LATER)
    name = type(error).__name__
    if name in ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "CredentialRetrievalError"):
        return StoreError(f"No usable AWS credentials: {error}", where=where, remedy=_CREDENTIALS)
    if name == "NoRegionError":
        return StoreError("The lake's region is not known", where=where, remedy="Set lake.region.")
    if code:
        return StoreError(f"S3 refused {operation}: {code} {error}", where=where, remedy="Check lake.url and region.")
    return LakeUnreachable(
        f"S3 cannot be reached: {error}", where=where, remedy=f"Check the network and lake.endpoint. {_LATER}"
    )
