import base64
import hashlib
import hmac
import http.server
import json
import os
import time

key = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
BODY_BYTES_MAX = 65_536


def is_genuine(headers, body):
    ident, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not at.isdecimal() or abs(time.time() - float(at)) > 300:
        return False
    expected = hmac.digest(key, f"{ident}.{at}.".encode() + body, hashlib.sha256)
    signature = b"v1," + base64.b64encode(expected)
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(part, signature) for part in given)


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 15

    def do_POST(self):
        try:
            status = self.receive()
        except ValueError:
            status = 400
        self.send_response(status)
        self.end_headers()

    def receive(self):
        length = int(self.headers.get("content-length", "0"))
        if not 0 <= length <= BODY_BYTES_MAX:
            return 413
        body = self.rfile.read(length)
        if not is_genuine(self.headers, body):
            return 401
        event = json.loads(body)
        data = event["data"]
        if event["type"] == "webhook.test":
            print("webhook.test", data["message"], flush=True)
        else:
            print(event["type"], data["task_id"], data["status"], flush=True)
        return 204


port = int(os.environ.get("PORT", "3000"))
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
print(f"listening on port {server.server_port}", flush=True)
server.serve_forever()
