"""A guardrail as a file for other tools, shown on its page and downloaded."""

from __future__ import annotations

import shlex
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from remit.faces.console.guardrail_form import Given, filled_in, given_values, settings
from remit.faces.console.guardrail_library import DESK
from remit.faces.console.guardrail_trial import read_trial
from remit.faces.console.pages import Pages
from remit.faces.console.ports import Json
from remit.model.errors import RemitError

EXPORTS: Final = "exports"
FORMS: Final = {
    "json": "JSON",
    "terraform": "Terraform",
    "cloudformation": "CloudFormation",
    "cdk-typescript": "CDK, TypeScript",
    "cdk-python": "CDK, Python",
}


def export_view(pages: Pages, named: str, values: Given, form: str, targets: tuple[str, ...]) -> Json:
    """``{form, text, wrong, command}``; the form that is asked for, or the first."""
    form = form if form in FORMS else next(iter(FORMS))
    attached = "".join(
        f" --target {shlex.quote(target)}" for target in targets if target.isascii() and " " not in target
    )
    command = " ".join(f"remit guardrails export {named} {settings(values)} --format {form}{attached}".split())
    try:
        made = pages.desks[EXPORTS].export_guardrail(named, values, form, list(targets))
    except RemitError as error:
        return {"form": form, "text": "", "wrong": error, "command": command}
    return {**made, "wrong": None, "command": command}


def download_guardrail(pages: Pages, request: Request) -> Response:
    """``/guardrails/ID/export?form=terraform&set.NAME=VALUE``: the file, as the command writes it."""
    named, asked = request.path_params["guardrail"], request.query_params
    known = pages.desks[DESK].show(named)
    values = given_values(asked, known["parameters"]) if filled_in(asked) else known["example_values"]
    made = pages.desks[EXPORTS].export_guardrail(
        named, values, asked.get("form", "json"), list(read_trial(asked).targets)
    )
    headers = {"Content-Disposition": f'attachment; filename="{made["name"]}{made["suffix"]}"'}
    return Response(made["text"].encode("utf-8"), headers=headers, media_type="text/plain; charset=utf-8")
