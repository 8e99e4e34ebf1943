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
        "prompt": "It turns around once",
        "image_urls": [os.environ["IMAGE_URL"]],
    }).encode(),
)
with urllib.request.urlopen(request) as answer:
    print(json.load(answer)["task_id"])
