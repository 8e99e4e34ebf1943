"""Suite `python`: a client of the standard library alone, written from the published document.

Each check prints `ok NAME` or `not ok NAME: why`; the exit code is 1 if one failed.
"""

import json
import os
import struct
import sys
import time
import urllib.error
import urllib.request

BASE_URL = os.environ["BASE_URL"]
API_KEY = os.environ["NEWAPI_API_KEY"]
TEST_API_KEY = os.environ["TEST_API_KEY"]
IMAGES = os.environ["IMAGE_BASE_URL"]
POLL_INTERVAL_SECONDS = int(os.environ.get("POLL_INTERVAL_MS", "5000")) / 1000
POLLING_SECONDS_MAX = 300
REQUEST_SECONDS_MAX = 60
CREATE = "/v1/video/generations"

failures = 0


def request(url, body=None, key=API_KEY, **headers):
    """Status, headers and bytes of one request; an error status is no exception."""
    data = None if body is None else json.dumps(body).encode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if data is not None:
        headers["Content-Type"] = "application/json"
    if key is not None and url.startswith(BASE_URL + "/v1/"):
        headers["Authorization"] = f"Bearer {key}"
    call = urllib.request.Request(url, data=data, headers=headers)
    try:
        with urllib.request.urlopen(call, timeout=REQUEST_SECONDS_MAX) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def api(path, body=None, key=API_KEY, **headers):
    """Status and JSON of one call."""
    status, _, text = request(BASE_URL + path, body, key, **headers)
    return status, json.loads(text)


def create(body, key=API_KEY):
    status, created = api(CREATE, body, key)
    expect(status, 200, "the status of the create")
    return created.get("task_id") or created["id"]


def wait(task_id, key=API_KEY):
    """The task's `data` once it has ended."""
    started = time.monotonic()
    while time.monotonic() - started < POLLING_SECONDS_MAX:
        status, answer = api(f"{CREATE}/{task_id}", key=key)
        expect(status, 200, "the status of the poll")
        if answer["data"]["status"] in ("SUCCESS", "FAILURE"):
            return answer["data"]
        time.sleep(POLL_INTERVAL_SECONDS)
    raise AssertionError(f"{task_id} timed out")


def boxes(data):
    """Kinds and bodies of the boxes in `data` (ISO/IEC 14496-12)."""
    found, at = [], 0
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        expect(8 <= length <= len(data) - at, True, "a box fits")
        found.append((kind.decode("ascii"), data[at + 8 : at + length]))
        at += length
    return found


def movie(data):
    """Width, height and seconds of an MP4 file."""
    outer = boxes(data)
    kinds = [kind for kind, _ in outer]
    expect(kinds[0], "ftyp", "the first box")
    expect(kinds.index("moov") < kinds.index("mdat"), True, "moov before mdat")
    moov = dict(outer)["moov"]
    scale, length = struct.unpack_from(">II", dict(boxes(moov))["mvhd"], 12)
    table = moov
    for kind in ("trak", "mdia", "minf", "stbl", "stsd"):
        table = dict(boxes(table))[kind]
    entry = dict(boxes(table[8:]))["avc1"]
    width, height = struct.unpack_from(">HH", entry, 24)
    return width, height, length / scale


def expect(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what} is {actual!r}, expected {expected!r}")


def check(name, work):
    global failures
    try:
        work()
        print(f"ok {name}", flush=True)
    except Exception as error:  # whatever it is, the check did not hold
        failures += 1
        why = " ".join(f"{type(error).__name__} {error}".split())
        print(f"not ok {name}: {why}", flush=True)


def models():
    """What a client needs is in the list; nothing is hard-coded."""
    status, answer = api("/v1/models")
    expect(status, 200, "the status")
    for model in answer["data"]:
        status, one = api(f"/v1/models/{model['id']}")
        expect((status, one["id"]), (200, model["id"]), "the model alone")
        for field in ("capabilities", "pricing"):
            expect(field in model, True, f"{field} of {model['id']}")


def text_to_video():
    """From the model list to the bytes, and a part of them."""
    _, answer = api("/v1/models")
    able = [model for model in answer["data"] if "text_to_video" in model["capabilities"]]
    model = able[0]
    seconds = min(model["capabilities"]["text_to_video"]["seconds"])
    body = {"model": model["id"], "prompt": "星空 over quiet mountains", "seconds": seconds}
    body |= {"aspect_ratio": "16:9", "resolution": "480p"}
    data = wait(create(body))
    expect((data["status"], data["fail_reason"]), ("SUCCESS", ""), "the end")
    status, headers, video = request(data["result_url"])
    expect((status, headers["Content-Type"]), (200, "video/mp4"), "the download")
    expect(int(headers["Content-Length"]), len(video), "its length")
    expect(movie(video), (854, 480, float(seconds)), "the video")
    status, headers, part = request(data["result_url"], Range="bytes=100-199")
    expect((status, part), (206, video[100:200]), "a range")
    expect(headers["Content-Range"], f"bytes 100-199/{len(video)}", "Content-Range")


def one_and_a_half():
    """The single-image model, with its picture in the object form."""
    image = {"image_url": f"{IMAGES}/reference.png"}
    body = {"model": "grok-video-1.5", "prompt": "drift", "seconds": "4", "resolution": "480p"}
    data = wait(create(body | {"aspect_ratio": "9:16", "input_reference": image}))
    expect(data["status"], "SUCCESS", "the end")
    expect(movie(request(data["result_url"])[2]), (480, 854, 4.0), "the video")


def image_failure():
    """The document's own failure, word by word."""
    body = {"model": "grok-image-video", "prompt": "a product"}
    data = wait(create(body | {"image_urls": [f"{IMAGES}/refused/product.png"]}))
    expect((data["status"], data["progress"], data["result_url"]), ("FAILURE", "100%", ""), "end")
    sentence = (
        "Image URL could not be fetched: "
        "Fetching image failed with HTTP status 400 Bad Request."
    )
    expect(data["fail_reason"], sentence, "fail_reason")


def test_card():
    """A test key's prompt decides the end, and costs nothing."""
    body = {"model": "grok-image-video", "prompt": "[[fail: the card was declined]]"}
    data = wait(create(body, TEST_API_KEY), TEST_API_KEY)
    expect(data["status"], "FAILURE", "the end")
    expect(data["fail_reason"], "the card was declined", "fail_reason")
    expect(data["cost"]["amount"], "0.00", "the cost")


def refused(body, status, message, key=API_KEY):
    """One row of the document's section 10."""

    def work():
        found, answer = api(CREATE, body, key)
        expect(found, status, "the status")
        expect(message in answer["message"], True, f"{message!r} in {answer['message']!r}")
        expect(answer["error"]["message"], answer["message"], "the message in `error`")

    return work


def main():
    pictures = [f"{IMAGES}/{number}.png" for number in range(8)]
    both = {"input_reference": pictures[0], "reference_images": pictures[1:3]}
    grok = {"model": "grok-image-video", "prompt": "a product"}
    newer = {"model": "grok-video-1.5", "prompt": "a product"}
    check("GET /v1/models", models)
    check("401 without a key", refused(grok, 401, "", key=None))
    check("401 with a wrong key", refused(grok, 401, "", key="sk-" + "0" * 40))
    check("400 without a prompt", refused({"model": "grok-image-video"}, 400, "prompt is required"))
    check("400 without a model", refused({"prompt": "x"}, 400, "model field is required"))
    only_one = "grok-video-1.5 only supports exactly one reference image"
    check("400 for 1.5 without an image", refused(newer, 400, only_one))
    check("400 for 1.5 with two", refused(newer | {"image_urls": pictures[:2]}, 400, only_one))
    at_most = "grok-image-video supports at most 7 reference images"
    check("400 for eight images", refused(grok | {"image_urls": pictures}, 400, at_most))
    together = "input_reference and reference_images cannot be used together"
    check("400 for both image fields", refused(grok | both, 400, together))
    check("a text becomes a video", text_to_video)
    check("grok-video-1.5 animates one image", one_and_a_half)
    check("an image host that refuses", image_failure)
    check("a test key's prompt", test_card)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
