import json
import os
import time
import urllib.error
import urllib.request

API = "http://127.0.0.1:8080/v1/video/generations"


def call(path="", body=None, **headers):
    headers["Authorization"] = f"Bearer {os.environ['RUSHES_API_KEY']}"
    headers["Content-Type"] = "application/json"
    data = None if body is None else json.dumps(body).encode()
    while True:
        try:
            request = urllib.request.Request(API + path, data=data, headers=headers)
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            if refusal.code not in (429, 503):
                error = json.load(refusal)["error"]
                raise SystemExit(f"{error['code']}: {error['message']}")
            time.sleep(int(refusal.headers.get("Retry-After", "5")))


task = call(body={
    "model": "grok-image-video",
    "prompt": "A lighthouse in a storm",
    "seconds": 4,
})
while True:
    data = call(f"/{task['task_id']}", Prefer="wait=60")["data"]
    print(data["status"], data["progress"])
    if data["status"] == "FAILURE":
        raise SystemExit(data["fail_reason"])
    if data["status"] == "SUCCESS":
        break

urllib.request.urlretrieve(data["result_url"], "lighthouse.mp4")
print("lighthouse.mp4")
