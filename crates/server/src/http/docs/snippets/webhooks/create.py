import json
import os
import urllib.request

request = urllib.request.Request(
    "http://127.0.0.1:8080/api/webhooks",
    headers={
        "Authorization": f"Bearer {os.environ['RUSHES_MANAGE_KEY']}",
        "Content-Type": "application/json",
    },
    data=json.dumps({
        "url": os.environ["WEBHOOK_URL"],
        "event_types": ["video.completed", "video.failed"],
    }).encode(),
)
with urllib.request.urlopen(request) as answer:
    webhook = json.load(answer)
print(webhook["id"], webhook["secret"])
