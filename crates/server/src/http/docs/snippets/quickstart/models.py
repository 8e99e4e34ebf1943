import json
import os
import urllib.request

request = urllib.request.Request(
    "http://127.0.0.1:8080/v1/models",
    headers={"Authorization": f"Bearer {os.environ['RUSHES_API_KEY']}"},
)
with urllib.request.urlopen(request) as answer:
    for model in json.load(answer)["data"]:
        print(model["id"], list(model["capabilities"]), model["pricing"]["per_second"])
