import json
import os
import urllib.request


def order():
    request = urllib.request.Request(
        "http://127.0.0.1:8080/v1/video/generations",
        headers={
            "Authorization": f"Bearer {os.environ['RUSHES_API_KEY']}",
            "Content-Type": "application/json",
            "Idempotency-Key": "order-1842",
        },
        data=json.dumps({
            "model": "grok-image-video",
            "prompt": "A kite over the dunes",
            "seconds": 4,
        }).encode(),
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["task_id"]


print(order())
print(order())
