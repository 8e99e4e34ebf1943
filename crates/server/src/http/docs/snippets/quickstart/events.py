import json
import os
import urllib.request

request = urllib.request.Request(
    f"http://127.0.0.1:8080/v1/video/generations/{os.environ['TASK_ID']}/events",
    headers={"Authorization": f"Bearer {os.environ['RUSHES_API_KEY']}"},
)
with urllib.request.urlopen(request) as answer:
    for line in answer:
        if line.startswith(b"data: "):
            data = json.loads(line.removeprefix(b"data: "))
            print(data["status"], data["progress"])
