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
        "prompt": "A clapperboard [[delay: 2s]] [[fail: the lamp went out]]",
    }).encode(),
)
with urllib.request.urlopen(request) as answer:
    print(json.load(answer)["task_id"])
