"""What the requests of `openapi.py` keep to, and what their answers are held against.

Read by schemathesis in each of its runs; the run's own terms come in `TERMS`, as JSON.
"""

import atexit
import json
import os
import re
from collections import Counter

import schemathesis

TERMS = json.loads(os.environ["TERMS"])
MODE = TERMS["mode"]
URL = re.compile(r"^https?://")
STREAM = "GET /v1/video/generations/{task_id}/events"
# Counted by operation, for `openapi.py` to judge whether anything was tried at all.
answers = Counter()


def to_loopback(value):
    """Addresses lead to loopback, whatever was made up: nothing here talks to anybody else."""
    if isinstance(value, dict):
        return {name: to_loopback(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [to_loopback(inner) for inner in value]
    if isinstance(value, str) and URL.match(value):
        return TERMS["secure_url"] if value.startswith("https") else TERMS["picture_url"]
    return value


def foreign_ids(path):
    """The ids of another account's things that fit into a path."""
    named = TERMS.get("foreign_ids", {})
    found = (ids for prefix, ids in named.items() if path.startswith(prefix))
    return next(found, {})


@schemathesis.hook
def before_call(context, case, kwargs):
    case.body = to_loopback(case.body)
    parameters = case.path_parameters or {}
    for name, id in foreign_ids(case.operation.path).items():
        if name in parameters:
            parameters[name] = id
    # A stream is over when its task is, and nobody waits long for others.
    if case.operation.label == STREAM and TERMS.get("finished_task"):
        parameters["task_id"] = TERMS["finished_task"]
    if (case.headers or {}).get("Prefer", "").startswith("wait="):
        case.headers["Prefer"] = "wait=1"
    # A key that takes itself away would leave the rest of the run untried.
    if case.operation.path.startswith(("/api/keys/", "/api/admin/keys/")):
        if str(parameters.get("id")) == str(TERMS.get("own_key_id")):
            parameters["id"] = "0"


@schemathesis.hook
def after_call(context, case, response):
    answers[(case.operation.label, response.status_code // 100)] += 1


@atexit.register
def tell():
    counted = [[label, family, count] for (label, family), count in answers.items()]
    with open(TERMS["counts_file"], "w", encoding="utf-8") as file:
        json.dump(counted, file)


def is_open(case):
    security = case.operation.definition.raw.get("security", [])
    return not security or {} in security


@schemathesis.check
def nobody_is_let_in(context, response, case):
    """Without a key everything but what is open to all is refused as unauthenticated."""
    if MODE == "none" and not is_open(case):
        assert response.status_code in (401, 404, 405), f"answered {response.status_code} without a key"


@schemathesis.check
def nothing_is_another_accounts(context, response, case):
    """No answer holds the mark that stands in all that the other account has."""
    if MODE != "other":
        return
    assert TERMS["mark"] not in response.text, "holds what belongs to another account"
    # The key is no operator's either.
    if foreign_ids(case.operation.path) or case.operation.path.startswith(("/api/admin/", "/metrics")):
        assert response.status_code >= 400, f"{response.status_code} for another account's thing"
