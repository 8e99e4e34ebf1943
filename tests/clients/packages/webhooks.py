"""The unmodified `standardwebhooks` and `openai` as receivers of a gateway's webhooks.

Both must accept what it sends, and refuse what it did not.
"""

import base64
import datetime
import json
import os
import ssl
import threading
import time
import urllib.request
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import standardwebhooks

from checks import check, finish

BASE_URL = os.environ["BASE_URL"]
MANAGER_KEY = os.environ["MANAGER_KEY"]
TEST_API_KEY = os.environ["TEST_API_KEY"]
WAIT_SECONDS_MAX = 100
# What they call old, and some more.
OLD_SECONDS = 600
VIDEO = {"model": "grok-image-video", "seconds": 1, "resolution": "480p"}
# Letters of one to four bytes: a library that signed anything but the bytes would fail.
METADATA = {"order": "Größe 7 · 雨夜霓虹 · 🎬"}
OTHER_SECRET = "whsec_" + base64.b64encode(bytes([7] * 32)).decode()

webhooks = openai.OpenAI(api_key="none is used", base_url="http://127.0.0.1:9/v1").webhooks
async_webhooks = openai.AsyncOpenAI(api_key="none is used").webhooks


@dataclass(frozen=True)
class Call:
    """A call as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self):
        return json.loads(self.body)

    @property
    def id(self):
        return self.headers["webhook-id"]

    @property
    def seconds(self):
        return int(self.headers["webhook-timestamp"])

    def tells(self, event_type, task_id):
        said = self.said
        return (said["type"], said["data"].get("task_id")) == (event_type, task_id)

    def with_(self, **headers):
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers=self.headers | changed)


class Receiver(ThreadingHTTPServer):
    """Keeps each call with its raw bytes, and refuses the next ones of type `refuses_next`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls = []
        self.refuses_next = []
        self.news = threading.Condition()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.environ["RECEIVER_CERTIFICATE"], os.environ["RECEIVER_KEY"])
        # The handshake is the handler's, so that it holds up nobody else.
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path):
        return f"https://localhost:{self.server_port}{path}"

    def heard(self, fits, count=1):
        """The calls that fit, once there are so many."""
        found = lambda: [call for call in self.calls if fits(call)]
        with self.news:
            if self.news.wait_for(lambda: len(found()) >= count, WAIT_SECONDS_MAX):
                return found()
            told = [(call.path, call.said["type"]) for call in self.calls]
            raise TimeoutError(f"not heard within {WAIT_SECONDS_MAX} s; so far: {told}")


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.server.news:
            call = Call(self.path, headers, body)
            self.server.calls.append(call)
            is_refused = call.said["type"] in self.server.refuses_next
            if is_refused:
                self.server.refuses_next.remove(call.said["type"])
            self.server.news.notify_all()
        self.send_response(500 if is_refused else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments):
        pass


receiver = Receiver()


def api(method, path, body=None, key=MANAGER_KEY):
    headers = {"Authorization": f"Bearer {key}"}
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    call = urllib.request.Request(BASE_URL + path, data=data, headers=headers, method=method)
    with urllib.request.urlopen(call, timeout=60) as response:
        return json.load(response)


def create(**fields):
    return api("POST", "/v1/video/generations", VIDEO | fields, TEST_API_KEY)["task_id"]


def accepted(call, secret):
    """Both libraries, each with everything that it offers: all accept it and give its content.

    What is wrong is not shown: it holds signed links.
    """
    text = call.body.decode()
    for body in (call.body, text):
        given = standardwebhooks.Webhook(secret).verify(body, call.headers)
        assert given == call.said, "standardwebhooks gives something else"
        event = webhooks.unwrap(body, call.headers, secret=secret)
        assert event.to_dict() == call.said, "openai gives something else"
        webhooks.verify_signature(body, call.headers, secret=secret)
        async_webhooks.verify_signature(body, call.headers, secret=secret)


def refused(call, secret, *reasons):
    """Each of them refuses, and for the expected reason: as tampered with, or as out of time."""
    body, headers = call.body, call.headers
    own, theirs = standardwebhooks.WebhookVerificationError, openai.InvalidWebhookSignatureError
    for kind, work in [
        (own, lambda: standardwebhooks.Webhook(secret).verify(body, headers)),
        (theirs, lambda: webhooks.unwrap(body, headers, secret=secret)),
        (theirs, lambda: webhooks.verify_signature(body, headers, secret=secret)),
        (theirs, lambda: async_webhooks.verify_signature(body, headers, secret=secret)),
    ]:
        try:
            work()
        except kind as error:
            assert any(reason in str(error) for reason in reasons), error
        else:
            raise AssertionError(f"no {kind.__name__}")


SIGNATURE = ("No matching signature", "does not match")


def signed_at(call, secret, seconds):
    """The call as it would be signed at another moment, by the library itself."""
    moment = datetime.datetime.fromtimestamp(seconds, tz=datetime.timezone.utc)
    signature = standardwebhooks.Webhook(secret).sign(call.id, moment, call.body.decode())
    return call.with_(webhook_timestamp=str(seconds), webhook_signature=signature)


@check("a webhook is made, and both libraries take its secret")
def _():
    global path, secret
    made = api("POST", "/api/webhooks", {"url": receiver.url("/hook?key=x")})
    path, secret = f"/api/webhooks/{made['id']}", made["secret"]
    assert secret.startswith("whsec_"), "the prefix of the secret"
    standardwebhooks.Webhook(secret)


@check("a video: started and completed verify with both")
def _():
    global task_id, started, completed
    task_id = create(prompt="a fox in the rain", metadata=METADATA)
    started = receiver.heard(lambda call: call.tells("video.started", task_id))[0]
    completed = receiver.heard(lambda call: call.tells("video.completed", task_id))[0]
    accepted(started, secret)
    accepted(completed, secret)


@check("openai gives the event as it was told")
def _():
    event = webhooks.unwrap(completed.body, completed.headers, secret=secret).to_dict()
    assert (event["type"], event["sequence"]) == ("video.completed", 2), event["type"]
    data = event["data"]
    assert (data["task_id"], data["status"]) == (task_id, "SUCCESS"), data["status"]
    assert data["metadata"] == METADATA, data["metadata"]
    shown = api("GET", f"/v1/video/generations/{task_id}", key=TEST_API_KEY)["data"]
    assert data.keys() == shown.keys(), (data.keys(), shown.keys())


@check("a client that was given the secret once needs it no more")
def _():
    given = openai.OpenAI(api_key="none is used", webhook_secret=secret)
    event = given.webhooks.unwrap(completed.body, completed.headers)
    assert event.to_dict() == completed.said, "openai gives something else"


@check("standardwebhooks signs as the gateway does")
def _():
    own = signed_at(completed, secret, completed.seconds)
    assert own == completed, "another signature"


@check("a changed byte is refused by both")
def _():
    body = completed.body
    for at in (0, body.index(b"SUCCESS"), len(body) - 2):
        changed = b"\t" if body[at : at + 1] == b" " else b" "
        refused(replace(completed, body=body[:at] + changed + body[at + 1 :]), secret, *SIGNATURE)
    refused(replace(completed, body=body + b" "), secret, *SIGNATURE)


@check("another id, moment, signature or secret is refused by both")
def _():
    other = lambda **headers: refused(completed.with_(**headers), secret, *SIGNATURE)
    other(webhook_id=started.id)
    other(webhook_timestamp=str(completed.seconds + 1))
    other(webhook_signature=started.headers["webhook-signature"])
    refused(completed, OTHER_SECRET, *SIGNATURE)


@check("what is too old, or from the future, is refused by both")
def _():
    now = int(time.time())
    accepted(signed_at(completed, secret, now), secret)
    refused(signed_at(completed, secret, now - OLD_SECONDS), secret, "too old")
    refused(signed_at(completed, secret, now + OLD_SECONDS), secret, "too new")


@check("a task that fails is told with its reason")
def _():
    failing = create(prompt="[[fail: as asked]]")
    call = receiver.heard(lambda call: call.tells("video.failed", failing))[0]
    accepted(call, secret)
    data = standardwebhooks.Webhook(secret).verify(call.body, call.headers)["data"]
    assert data["status"] == "FAILURE" and data["error"]["code"], data


@check("a task's own callback_url is signed by the webhook of its host")
def _():
    failing = create(prompt="[[fail: as asked]]", callback_url=receiver.url("/jobs/7?token=t"))
    at = lambda path: lambda call: call.path == path and call.tells("video.failed", failing)
    own = receiver.heard(at("/jobs/7?token=t"))[0]
    accepted(own, secret)
    usual = receiver.heard(at("/hook?key=x"))[0]
    assert own.id == usual.id, (own.id, usual.id)


@check("a call that was answered with 500 comes again under its id")
def _():
    receiver.refuses_next = ["video.failed"]
    failing = create(prompt="[[fail: as asked]]")
    first, second = receiver.heard(lambda call: call.tells("video.failed", failing), 2)
    assert first.id == second.id, (first.id, second.id)
    assert first.seconds < second.seconds, (first.seconds, second.seconds)
    accepted(first, secret)
    accepted(second, secret)


def tested():
    """A test as it arrives."""
    event_id = api("POST", f"{path}/test")["event_id"]
    return receiver.heard(lambda call: call.id == event_id)[0]


@check("a test verifies with both")
def _():
    call = tested()
    accepted(call, secret)
    assert (call.said["type"], call.said["sequence"]) == ("webhook.test", 0), call.said


@check("after a rotation the old and the new secret verify, and no other")
def _():
    global rotated
    rotated = api("POST", f"{path}/rotate")["secret"]
    assert rotated != secret, "the same secret again"
    call = tested()
    assert len(call.headers["webhook-signature"].split(" ")) == 2, "the number of signatures"
    accepted(call, secret)
    accepted(call, rotated)
    refused(call, OTHER_SECRET, *SIGNATURE)
    refused(completed, rotated, *SIGNATURE)


@check("a replay has the id of the first time, and signatures of now")
def _():
    deliveries = api("GET", f"{path}/deliveries?status=delivered&limit=50")["data"]
    delivery = next(one for one in deliveries if one["event_id"] == completed.id)
    api("POST", f"{path}/deliveries/{delivery['id']}/replay")
    again = receiver.heard(lambda call: call.id == completed.id, 2)[1]
    assert again.said["data"]["task_id"] == task_id, again.id
    accepted(again, secret)
    accepted(again, rotated)


@check("a deleted task is told as expired")
def _():
    api("DELETE", f"/v1/video/generations/{task_id}", key=TEST_API_KEY)
    call = receiver.heard(lambda call: call.tells("video.expired", task_id))[0]
    accepted(call, rotated)
    assert call.said["sequence"] == 3, call.said["sequence"]


finish()
