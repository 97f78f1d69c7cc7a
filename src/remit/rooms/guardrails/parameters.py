"""A guardrail's parameters: what each takes, and the reading of what somebody gave for it.

Whatever the type, a value that was read is a tuple of strings: one of them for a scalar, none for an optional
parameter that was left out. A number, a date or an identifier is text in a policy document as well.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from remit.model.errors import ParameterError

Values = tuple[str, ...]
MOST_VALUES: Final = 500
LONGEST_VALUE: Final = 2048
_REGION: Final = re.compile(r"[a-z]{2,4}(?:-[a-z]+){1,3}-[0-9]{1,2}")
_ORGANIZATION: Final = re.compile(r"o-[a-z0-9]{10,32}")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*?]+")
_TAG_KEY: Final = re.compile(r"[\w .:=+@/-]{1,128}")
_PATHS: Final = re.compile(r"o-[a-z0-9]{10,32}/(?:r-[a-z0-9]{4,32}/)?(?:ou-[a-z0-9-]+/)*\*?")
_ARN: Final = re.compile(r"arn:[a-z*-]+:(?:[a-z0-9*-]*:[a-z0-9*-]*:[0-9*?]*|[a-z0-9-]+:[a-z0-9*-]*:aws):\S+")
_VPC: Final = re.compile(r"vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_SUBNET: Final = re.compile(r"subnet-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_INTEGER: Final = re.compile(r"[0-9]{1,12}")
_DECIMAL: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z")


def _text(value: str) -> bool:
    return bool(value.strip()) and value.isprintable()


def _cidr(value: str) -> bool:
    try:
        return ipaddress.ip_network(value).prefixlen > 0
    except ValueError:
        return False


def _moment(value: str) -> bool:
    try:
        return bool(_MOMENT.fullmatch(value) and datetime.fromisoformat(value))
    except ValueError:
        return False


class Kind(msgspec.Struct, frozen=True):
    """One type of parameter: whether it takes several values, what one of them is in words, an example of one, and
    the test that each must pass."""

    many: bool
    words: str
    example: str
    fits: Callable[[str], bool]


def _kind(many: bool, words: str, example: str, pattern: re.Pattern[str]) -> Kind:
    return Kind(many, words, example, lambda value: pattern.fullmatch(value) is not None)


_ROLE: Final = "arn:aws:iam::*:role/platform/*"
KINDS: Final[Mapping[str, Kind]] = {
    "arn": _kind(False, "an ARN", "arn:aws:iam::111122223333:policy/boundary", _ARN),
    "arn_list": _kind(True, "an ARN, in which * and ? match anything", _ROLE, _ARN),
    "region_list": _kind(True, "a Region's code", "eu-central-1", _REGION),
    "organization_id": _kind(False, "an organization's id", "o-a1b2c3d4e5", _ORGANIZATION),
    "organization_path": _kind(
        False, "a path of organizational units", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*", _PATHS
    ),
    "account_list": _kind(True, "an account id of twelve digits", "111122223333", _ACCOUNT),
    "cidr_list": Kind(True, "an IP range in CIDR notation, narrower than everything", "203.0.113.0/24", _cidr),
    "vpc_list": _kind(True, "a VPC's id", "vpc-0a1b2c3d4e5f60718", _VPC),
    "subnet_list": _kind(True, "a subnet's id", "subnet-0a1b2c3d4e5f60718", _SUBNET),
    "action_list": _kind(True, "an IAM action such as s3:GetObject or s3:Get*", "s3:Get*", _ACTION),
    "tag_key": _kind(False, "a tag key", "principal-kind", _TAG_KEY),
    "integer": _kind(False, "a whole number", "30", _INTEGER),
    "decimal": _kind(False, "a number", "1.2", _DECIMAL),
    "date": Kind(False, "a moment in UTC", "2026-12-20T00:00:00Z", _moment),
    "string": Kind(False, "some text", "protected", _text),
    "string_list": Kind(True, "some text", "gp3", _text),
}
"""Every type by its name in the catalogue."""


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One blank of a policy.

    ``default`` is used when nothing is given; without one the parameter must be given, unless it is ``optional``:
    then what it stands in is left out of the document. ``example`` is what shown documents are filled with.
    """

    name: str
    type: str
    about: str
    example: Values
    default: Values = ()
    optional: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: Values = ()
    source: str = ""

    @property
    def required(self) -> bool:
        """Whether the policy cannot be rendered unless this is given."""
        return not (self.default or self.optional)

    @property
    def kind(self) -> Kind:
        """What its type takes."""
        return KINDS[self.type]


def read_values(parameters: tuple[Parameter, ...], given: Mapping[str, Any]) -> dict[str, Values]:
    """Every parameter's values, from what was given and the defaults.

    Raises ``ParameterError`` for a name that is no parameter, a missing value, and one that does not fit its type.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            raise _unknown(name, parameters)
    return {name: _read(parameter, given.get(name)) for name, parameter in known.items()}


def faults(parameters: tuple[Parameter, ...], given: Mapping[str, Any]) -> tuple[ParameterError, ...]:
    """Everything that is wrong with what was given: the first fault of each parameter, and each name that is none."""
    known = {parameter.name for parameter in parameters}
    found = [_unknown(name, parameters) for name in given if name not in known]
    for parameter in parameters:
        try:
            _read(parameter, given.get(parameter.name))
        except ParameterError as error:
            found.append(error)
    return tuple(found)


def _unknown(name: str, parameters: tuple[Parameter, ...]) -> ParameterError:
    names = ", ".join(parameter.name for parameter in parameters)
    takes = f"This policy takes: {names}. {_example(parameters[0])}" if parameters else "This policy takes none."
    return ParameterError(f"There is no parameter {name[:80]!r}", parameter=name, remedy=takes)


def _example(parameter: Parameter) -> str:
    return f"{ParameterError.LEAD}{parameter.name}={','.join(parameter.example)}"


def _read(parameter: Parameter, given: Any) -> Values:
    values = _listed(parameter, given)
    if not values:
        if parameter.required:
            raise _refused(parameter, f"The parameter {parameter.name} must be given: {parameter.about}")
        return parameter.default
    if len(values) > 1 and not parameter.kind.many:
        raise _refused(parameter, f"The parameter {parameter.name} takes one value, and {len(values)} were given")
    if len(values) > MOST_VALUES:
        raise _refused(parameter, f"The parameter {parameter.name} takes at most {MOST_VALUES} values")
    for value in values:
        _check(parameter, value)
    return tuple(dict.fromkeys(values))


def _listed(parameter: Parameter, given: Any) -> Values:
    """What was given as texts; numbers are taken as they are written."""
    if given is None:
        return ()
    items = given if isinstance(given, (list, tuple)) else [given]
    for item in items:
        if isinstance(item, bool) or not isinstance(item, (str, int, float)):
            raise _refused(parameter, f"The parameter {parameter.name} takes text, not {type(item).__name__}")
    return tuple(str(item) for item in items)


def _check(parameter: Parameter, value: str) -> None:
    kind = parameter.kind
    if len(value) > LONGEST_VALUE or not kind.fits(value):
        raise _refused(parameter, f"The parameter {parameter.name} takes {kind.words}, and {value[:80]!r} is none")
    if parameter.choices and value not in parameter.choices:
        raise _refused(parameter, f"The parameter {parameter.name} is one of {', '.join(parameter.choices)}")
    if parameter.minimum is not None and float(value) < parameter.minimum:
        raise _refused(parameter, f"The parameter {parameter.name} is at least {parameter.minimum:g}")
    if parameter.maximum is not None and float(value) > parameter.maximum:
        raise _refused(parameter, f"The parameter {parameter.name} is at most {parameter.maximum:g}")


def _refused(parameter: Parameter, what: str) -> ParameterError:
    return ParameterError(what.rstrip("."), parameter=parameter.name, remedy=_example(parameter))
