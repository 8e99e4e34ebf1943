"""Requests made up from the OpenAPI document, by the unmodified schemathesis.

With a valid key, without one, and with another account's: no 5xx, no answer that the document does
not tell of, nothing of another account's. Not asked for: that whatever fits the schema is taken
(fields may contradict each other), nor that whatever does not is refused ("" counts as absent).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from checks import check, finish

BASE_URL = os.environ["BASE_URL"]
OPERATOR_KEY = os.environ["OPERATOR_KEY"]
PICTURE_URL = os.environ["PICTURE_URL"]
# Webhooks go over https to hosts with names; nobody answers them there.
SECURE_URL = PICTURE_URL.replace("http://127.0.0.1", "https://localhost")
# Requests for each operation; the document's boundaries come on top.
EXAMPLES_MAX = os.environ["EXAMPLES_MAX"]
# What is refused at the door needs few.
FEW_EXAMPLES = "10"
MARK = "belongs-to-anna-7c1e"
CHECKS = ",".join(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "nobody_is_let_in",
        "nothing_is_another_accounts",
    ]
)
RUN_SECONDS_MAX = 1200
# A channel's test calls its upstream, which presets have at their vendor's. The stream of all tasks has no end.
NEVER = ["testChannel", "probeChannel", "followTasks"]
SCOPES = ["read", "generate", "manage"]
VIDEO = {"model": "grok-image-video", "seconds": 1, "resolution": "480p"}


def ask(method, path, key, body=None):
    request = urllib.request.Request(f"{BASE_URL}{path}", method=method)
    request.add_header("Authorization", f"Bearer {key}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {path}: {error.read().decode()}") from error


def account(name):
    """A new account with a test key that may do everything, and the key's id."""
    ask("POST", "/api/admin/accounts", OPERATOR_KEY, {"name": name})
    terms = {"kind": "test", "name": f"{name}'s", "scopes": SCOPES}
    made = ask("POST", f"/api/admin/accounts/{name}/keys", OPERATOR_KEY, terms)
    return made["key"], made["id"]


def belongings(key, key_id):
    """Something of each kind, with the mark on it, and where its ids go in paths."""
    task = ask("POST", "/v1/video/generations", key, {**VIDEO, "prompt": MARK, "metadata": {"mark": MARK}})
    hook = ask("POST", "/api/webhooks", key, {"url": SECURE_URL, "description": MARK})
    ask("PATCH", "/api/me", key, {"display_name": MARK})
    ask("PATCH", f"/api/keys/{key_id}", key, {"name": MARK})
    return {
        "/v1/video/generations/{": {"task_id": task["id"]},
        "/v1/videos/{": {"video_id": task["id"]},
        "/api/keys/{": {"id": key_id},
        "/api/webhooks/{": {"id": hook["id"]},
    }


def run(mode, key, terms=None, only=None, without=None, examples=EXAMPLES_MAX):
    """One run of schemathesis; what it found is in the error, what it tried is returned."""
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder) / "counts.json"
        terms = {
            "mode": mode,
            "picture_url": PICTURE_URL,
            "secure_url": SECURE_URL,
            "mark": MARK,
            "counts_file": str(counts),
            **(terms or {}),
        }
        command = [str(Path(sys.executable).parent / "schemathesis"), "run", f"{BASE_URL}/openapi.json"]
        command += ["--url", BASE_URL, "--checks", CHECKS, "--max-examples", examples]
        command += ["--phases", "examples,coverage,fuzzing", "--continue-on-failure"]
        command += ["--request-timeout", "70", "--warnings", "off", "--seed", "20261128", "--workers", "2"]
        command += ["--suppress-health-check", "all"]
        command += [word for id in NEVER for word in ("--exclude-operation-id", id)]
        command += ["--include-path-regex", only] if only else []
        command += ["--exclude-path-regex", without] if without else []
        command += ["--header", f"Authorization: Bearer {key}"] if key else []
        here = str(Path(__file__).parent)
        environment = {
            **os.environ,
            "TERMS": json.dumps(terms),
            "SCHEMATHESIS_HOOKS": "openapi_hooks",
            "PYTHONPATH": here,
        }
        done = subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, timeout=RUN_SECONDS_MAX
        )
        if done.returncode != 0:
            print(done.stdout[-20_000:], done.stderr[-5_000:], flush=True)
            raise AssertionError(f"schemathesis ended with {done.returncode}; its report is above")
        return json.loads(counts.read_text(encoding="utf-8"))


def tried(counts, succeeded_min):
    """Fails if hardly anything was let in: such a run would show nothing."""
    labels = {label for label, _, _ in counts}
    succeeded = {label for label, family, _ in counts if family == 2}
    requests = sum(count for _, _, count in counts)
    print(f"   {requests} requests to {len(labels)} operations, {len(succeeded)} of them with success")
    assert len(succeeded) >= succeeded_min, f"only {sorted(succeeded)} were ever answered with success"


@check("the document is valid OpenAPI 3.1")
def _():
    with urllib.request.urlopen(f"{BASE_URL}/openapi.json", timeout=60) as response:
        OpenAPIV31SpecValidator(json.load(response)).validate()


anna, anna_key_id = account("anna")
bert, bert_key_id = account("bert")
foreign = belongings(anna, anna_key_id)
finished = ask("POST", "/v1/video/generations", anna, {**VIDEO, "prompt": "rain"})
while ask("GET", f"/v1/video/generations/{finished['id']}", anna)["data"]["status"] != "SUCCESS":
    time.sleep(0.2)


@check("with another account's key nothing of the first one's is told or touched", RUN_SECONDS_MAX)
def _():
    terms = {"foreign_ids": foreign, "own_key_id": bert_key_id}
    tried(run("other", bert, terms), 20)
    task = ask("GET", f"/v1/video/generations/{foreign['/v1/video/generations/{']['task_id']}", anna)
    assert task["data"]["metadata"] == {"mark": MARK}
    hook = ask("GET", f"/api/webhooks/{foreign['/api/webhooks/{']['id']}", anna)
    assert hook["description"] == MARK


@check("without a key nobody is let in", RUN_SECONDS_MAX)
def _():
    tried(run("none", None, examples=FEW_EXAMPLES), 3)


@check("with a valid key every answer is one that the document tells of", RUN_SECONDS_MAX)
def _():
    terms = {"own_key_id": anna_key_id, "finished_task": finished["id"]}
    tried(run("valid", anna, terms, without="^/api/admin/"), 30)


# Last: it changes settings.
@check("with an operator's key too", RUN_SECONDS_MAX)
def _():
    tried(run("valid", OPERATOR_KEY, only="^/(api/admin/|metrics)"), 25)


finish()
