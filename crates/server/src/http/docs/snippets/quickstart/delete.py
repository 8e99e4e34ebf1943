import json
import os
import urllib.request

request = urllib.request.Request(
    f"http://127.0.0.1:8080/v1/video/generations/{os.environ['TASK_ID']}",
    headers={"Authorization": f"Bearer {os.environ['RUSHES_API_KEY']}"},
    method="DELETE",
)
with urllib.request.urlopen(request) as answer:
    print(json.load(answer)["deleted"])
