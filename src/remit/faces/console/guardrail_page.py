"""``/guardrails/ID``: one guardrail with its parameters as a form, its policy, insights, backtest and exports."""

from __future__ import annotations

import json
from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remit.faces.console.asking import address
from remit.faces.console.guardrail_export import FORMS, export_view
from remit.faces.console.guardrail_form import Given, fields, filled_in, given_values, said, settings
from remit.faces.console.guardrail_library import DESK, PATH, guardrail_url
from remit.faces.console.guardrail_trial import NO_TRIAL, Trial, keep, read_trial, tried
from remit.faces.console.insight_view import insight_view
from remit.faces.console.pages import Form, Pages
from remit.faces.console.policy_text import numbered
from remit.faces.console.ports import Json
from remit.faces.web.caller import caller_of
from remit.model.errors import RemitError

_CHOSEN: Final = ("form", "target", "since", "until", "query")
"""What an address says besides the parameters."""


def guardrail_page(pages: Pages, request: Request) -> Response:
    """``/guardrails/ID?set.NAME=VALUE&form=terraform&target=…&since=30d``; with ``since`` the backtest is run."""
    named, asked = request.path_params["guardrail"], request.query_params
    known = pages.desks[DESK].show(named)
    given = given_values(asked, known["parameters"])
    example = bool(known["parameters"]) and not filled_in(asked)
    values: Given = known["example_values"] if example else given
    faults = pages.desks[DESK].faults(named, values)["items"]
    made, wrong = (None, None) if faults else _rendered(pages, named, values)
    trial = read_trial(asked)
    backtest = _trial(pages, named, values, known["type"], trial) if made else NO_TRIAL
    return pages.render(
        "guardrail.html",
        200 if made or faults else 400,
        here="guardrails",
        guardrail=known,
        families=_families(known["frameworks"]),
        fields=fields(known["parameters"], given, faults),
        faults=faults,
        strange=[each for each in faults if each["parameter"] not in {one["name"] for one in known["parameters"]}],
        example=example,
        wrong=wrong,
        made=made and _policy(pages, made, known["type"], trial),
        export=made and export_view(pages, named, values, asked.get("form", ""), trial.targets),
        trial=backtest,
        over_all=_over_all(named, given, trial),
        asked=trial,
        remembered=_kept(asked.get("kept", "")),
        links=_links(named, given, asked),
        kept={} if example else said(given),
        command=f"remit guardrails render {named} {settings(values)}".strip(),
        options=settings(values),
        forms=FORMS,
    )


def _over_all(named: str, given: Given, trial: Trial) -> str:
    """The address of the same backtest over all that is stored."""
    asked = {"target": ", ".join(trial.targets), "query": trial.query}
    kept = {name: text for name, text in asked.items() if text}
    return address(guardrail_url(named), **said(given), **kept, since="all") + "#backtest"


def keep_backtest(pages: Pages, request: Request, form: Form) -> Response:
    """The button, pressed: the backtest is run once more and remembered, so that the policy can be attached."""
    caller = caller_of(request.scope)
    caller.require("operate")
    named, trial = request.path_params["guardrail"], read_trial(form)
    known = pages.desks[DESK].show(named)
    values = given_values(QueryParams(form), known["parameters"])
    done, _ = keep(pages, {"named": named, "values": values}, known["type"], trial, caller.name)
    asked = {"target": ", ".join(trial.targets), "since": trial.since, "until": trial.until, "kept": done}
    url = address(guardrail_url(named), **said(values), **{name: text for name, text in asked.items() if text})
    return RedirectResponse(f"{url}#backtest", 303)


def _kept(told: str) -> str:
    """The id that the address after keeping a backtest names; anything else an address says is not repeated."""
    return told if told.isascii() and told.isalnum() and len(told) <= 64 else ""


def _rendered(pages: Pages, named: str, values: Given) -> tuple[Json | None, RemitError | None]:
    try:
        return pages.desks[DESK].render(named, values), None
    except RemitError as error:
        return None, error


def _policy(pages: Pages, made: Json, kind: str, trial: Trial) -> Json:
    """The document's text, its lines, and what the checks find in it."""
    text = json.dumps(made["document"], indent=2, ensure_ascii=False)
    found = insight_view(pages.desks["insights"].lint(text, kind.lower(), list(trial.targets) or None))
    return {**made, "text": text, "lines": numbered(text, found["findings"]), "insights": found}


def _trial(pages: Pages, named: str, values: Given, kind: str, trial: Trial) -> Json:
    return tried(pages, {"named": named, "values": values}, kind, trial)


def _links(named: str, given: Given, asked: object) -> Json:
    """Addresses of this very page with another form of export, and of what belongs to it."""
    here = guardrail_url(named)
    chosen = {name: str(asked.get(name)) for name in _CHOSEN if asked.get(name)}  # type: ignore[attr-defined]
    kept = {**said(given), **chosen}
    return {
        "here": here,
        "forms": {form: f"{address(here, **{**kept, 'form': form})}#export" for form in FORMS},
        "download": {form: address(f"{here}/export", **{**kept, "form": form}) for form in FORMS},
        "edit": address(f"{PATH}/edit", guardrail=named, **said(given)),
        "propose": address(f"{PATH}/propose", guardrail=named, **said(given), **_target(asked)),
    }


def _target(asked: object) -> dict[str, str]:
    target = asked.get("target")  # type: ignore[attr-defined]
    return {"target": str(target)} if target else {}


def _families(tags: list[str]) -> list[tuple[str, list[str]]]:
    """Each framework with its controls."""
    controls: dict[str, list[str]] = {}
    for tag in tags:
        name, _, control = tag.partition(":")
        controls.setdefault(name, []).extend([control] if control else [])
    return list(controls.items())
