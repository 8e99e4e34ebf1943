import base64
import hashlib
import hmac
import http.server
import json
import os
import time

key = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))


def is_genuine(headers, body):
    ident, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not at.isdecimal() or abs(time.time() - int(at)) > 300:
        return False
    expected = hmac.digest(key, f"{ident}.{at}.".encode() + body, hashlib.sha256)
    signature = b"v1," + base64.b64encode(expected)
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(part, signature) for part in given)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if is_genuine(self.headers, body):
            event = json.loads(body)
            print(event["type"], event["data"]["task_id"], event["data"]["status"], flush=True)
            self.send_response(204)
        else:
            self.send_response(401)
        self.end_headers()


port = int(os.environ.get("PORT", "3000"))
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
print(f"listening on port {server.server_port}", flush=True)
server.serve_forever()
