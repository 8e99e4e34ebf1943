import json
import os
import time
import urllib.request

WEBHOOK = f"http://127.0.0.1:8080/api/webhooks/{os.environ['WEBHOOK_ID']}"
HEADERS = {
    "Authorization": f"Bearer {os.environ['RUSHES_MANAGE_KEY']}",
    "Content-Type": "application/json",
}

failed = urllib.request.Request(f"{WEBHOOK}/deliveries?status=failed", headers=HEADERS)
with urllib.request.urlopen(failed) as answer:
    print(len(json.load(answer)["data"]))

since = json.dumps({"since": int(time.time()) - 86400}).encode()
replay = urllib.request.Request(f"{WEBHOOK}/replay", headers=HEADERS, data=since)
with urllib.request.urlopen(replay) as answer:
    print(answer.read().decode())
