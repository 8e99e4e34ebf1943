import http.server
import os

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
BODY_BYTES_MAX = 65_536


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 15

    def do_POST(self):
        try:
            status = self.receive()
        except (WebhookVerificationError, ValueError):
            status = 401
        self.send_response(status)
        self.end_headers()

    def receive(self):
        length = int(self.headers.get("content-length", "0"))
        if not 0 <= length <= BODY_BYTES_MAX:
            return 413
        body = self.rfile.read(length)
        event = webhook.verify(body, {name.lower(): it for name, it in self.headers.items()})
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
