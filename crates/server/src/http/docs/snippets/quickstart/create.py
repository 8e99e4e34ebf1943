import json
import os
import urllib.request

request = urllib.request.Request(
    "http://127.0.0.1:8080/v1/video/generations",
    headers={
        "Authorization": f"Bearer {os.environ['RUSHES_API_KEY']}",
        "Content-Type": "application/json",
    },
    data=json.dumps({
        "model": "grok-image-video",
        "prompt": "A paper boat on a misty lake at dawn",
        "seconds": 6,
        "aspect_ratio": "16:9",
        "resolution": "720p",
    }).encode(),
)
with urllib.request.urlopen(request) as answer:
    task = json.load(answer)
print(task["task_id"])
