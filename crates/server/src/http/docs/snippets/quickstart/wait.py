import json
import os
import urllib.request

request = urllib.request.Request(
    f"http://127.0.0.1:8080/v1/video/generations/{os.environ['TASK_ID']}",
    headers={
        "Authorization": f"Bearer {os.environ['RUSHES_API_KEY']}",
        "Prefer": "wait=60",
    },
)
while True:
    with urllib.request.urlopen(request) as answer:
        data = json.load(answer)["data"]
    if data["status"] in ("SUCCESS", "FAILURE"):
        break
print(data["status"], data["result_url"] or data["fail_reason"])
