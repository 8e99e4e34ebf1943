import base64
import json
import os
import pathlib
import urllib.request


def data_url(name):
    picture = base64.b64encode(pathlib.Path(name).read_bytes()).decode()
    return f"data:image/png;base64,{picture}"


request = urllib.request.Request(
    "http://127.0.0.1:8080/v1/video/generations",
    headers={
        "Authorization": f"Bearer {os.environ['RUSHES_API_KEY']}",
        "Content-Type": "application/json",
    },
    data=json.dumps({
        "model": "grok-image-video",
        "prompt": "A day in the harbour, from the first picture to the last",
        "seconds": 8,
        "reference_images": [data_url(it) for it in ("morning.png", "noon.png", "evening.png")],
    }).encode(),
)
with urllib.request.urlopen(request) as answer:
    print(json.load(answer)["task_id"])
