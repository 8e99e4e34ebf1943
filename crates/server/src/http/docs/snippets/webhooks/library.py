import http.server
import os

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        try:
            event = webhook.verify(body, {name.lower(): it for name, it in self.headers.items()})
            print(event["type"], event["data"]["task_id"], event["data"]["status"], flush=True)
            self.send_response(204)
        except WebhookVerificationError:
            self.send_response(401)
        self.end_headers()


port = int(os.environ.get("PORT", "3000"))
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
print(f"listening on port {server.server_port}", flush=True)
server.serve_forever()
