import json
import os
import urllib.request

request = urllib.request.Request(
    "http://127.0.0.1:8080/v1/video/generations/estimate",
    headers={
        "Authorization": f"Bearer {os.environ['RUSHES_API_KEY']}",
        "Content-Type": "application/json",
    },
    data=json.dumps({
        "model": "grok-image-video",
        "prompt": "A paper boat on a misty lake at dawn",
        "seconds": 10,
        "resolution": "720p",
    }).encode(),
)
with urllib.request.urlopen(request) as answer:
    estimate = json.load(answer)
print(f"${estimate['cost']['amount']}", estimate["sufficient"])
