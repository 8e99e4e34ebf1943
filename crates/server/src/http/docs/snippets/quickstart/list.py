import json
import os
import urllib.parse
import urllib.request

headers = {"Authorization": f"Bearer {os.environ['RUSHES_API_KEY']}"}
query = {"status": "SUCCESS", "limit": 20}
while True:
    request = urllib.request.Request(
        f"http://127.0.0.1:8080/v1/video/generations?{urllib.parse.urlencode(query)}",
        headers=headers,
    )
    with urllib.request.urlopen(request) as answer:
        page = json.load(answer)
    for task in page["data"]:
        print(task["task_id"], task["model"])
    if not page["has_more"]:
        break
    query["after"] = page["next_after"]
