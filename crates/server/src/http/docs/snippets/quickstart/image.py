import base64
import json
import os
import pathlib
import urllib.request

picture = base64.b64encode(pathlib.Path("photo.png").read_bytes()).decode()
request = urllib.request.Request(
    "http://127.0.0.1:8080/v1/video/generations",
    headers={
        "Authorization": f"Bearer {os.environ['RUSHES_API_KEY']}",
        "Content-Type": "application/json",
    },
    data=json.dumps({
        "model": "grok-image-video",
        "prompt": "The camera moves slowly towards it",
        "image": f"data:image/png;base64,{picture}",
    }).encode(),
)
with urllib.request.urlopen(request) as answer:
    print(json.load(answer)["task_id"])
