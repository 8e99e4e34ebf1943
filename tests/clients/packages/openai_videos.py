"""The unmodified `openai` package, against whatever speaks the OpenAI Videos API at BASE_URL.

Words in a prompt that make it fail there come from PROMPT_FAIL.
"""

import io
import json
import os
import pathlib
import urllib.request

import openai

from checks import check, finish

BASE_URL = os.environ["BASE_URL"]
API_KEY = os.environ["API_KEY"]
PROMPT_FAIL = os.environ["PROMPT_FAIL"]
MODEL = os.environ["MODEL"]
# The fake upstream has no posters, and tells what it took.
IS_GATEWAY = os.environ.get("IS_GATEWAY") == "1"
POLL_INTERVAL_MS = 100
TIMEOUT_SECONDS = 120
PICTURE = (pathlib.Path(__file__).parent / "picture.png").read_bytes()


def client(api_key=API_KEY):
    return openai.OpenAI(
        api_key=api_key, base_url=f"{BASE_URL}/v1", max_retries=0, timeout=TIMEOUT_SECONDS
    )


def make(prompt, **more):
    fields = {"model": MODEL, "seconds": "4", "size": "1280x720"} | more
    return client().videos.create_and_poll(
        prompt=prompt, poll_interval_ms=POLL_INTERVAL_MS, **fields
    )


def raises(kind, work):
    try:
        work()
    except kind as error:
        assert error.message, "it says why"
        return error
    raise AssertionError(f"no {kind.__name__}")


def download(video):
    content = client().videos.download_content(video.id).read()
    assert content[4:8] == b"ftyp", content[:16]
    return content


@check("create_and_poll, retrieve and download_content")
def _():
    video = make("a red sports car")
    assert (video.object, video.status, video.progress) == ("video", "completed", 100), video
    assert (video.seconds, video.size) == ("4", "1280x720"), video
    assert video.error is None and video.created_at > 0, video
    assert client().videos.retrieve(video.id).status == "completed"
    assert len(download(video)) > 10_000


@check("input_reference as a file")
def _():
    file = io.BytesIO(PICTURE)
    file.name = "picture.png"
    video = make("it turns around", input_reference=file, size="720x1280")
    assert (video.status, video.size) == ("completed", "720x1280"), video
    download(video)


@check("a job that fails says so")
def _():
    video = make(f"a fox {PROMPT_FAIL}")
    assert video.status == "failed", video
    assert video.error is not None and video.error.code and video.error.message, video


@check("create gives an id at once, and its defaults")
def _():
    video = client().videos.create(prompt="a boat", model=MODEL)
    assert video.id and video.status in ("queued", "in_progress"), video
    assert video.model == MODEL and video.seconds and video.size, video


@check("a wrong key is an AuthenticationError")
def _():
    videos = client("sk-wrong").videos
    raises(openai.AuthenticationError, lambda: videos.create(prompt="a fox", model=MODEL))


@check("no prompt is a BadRequestError")
def _():
    raises(openai.BadRequestError, lambda: client().videos.create(prompt="", model=MODEL))


@check("an id that is not there is a NotFoundError")
def _():
    name = "video_" + "0" * 32
    raises(openai.NotFoundError, lambda: client().videos.retrieve(name))


@check("list has the newest first, in pages")
def _():
    page = client().videos.list(limit=2)
    assert len(page.data) == 2 and page.data[0].created_at >= page.data[1].created_at, page
    ids = [video.id for video in client().videos.list(limit=1)]
    assert len(ids) >= 4 and len(set(ids)) == len(ids), ids
    assert ids[:2] == [video.id for video in page.data], ids
    oldest = next(iter(client().videos.list(order="asc", limit=1)))
    assert oldest.id == ids[-1], oldest


@check("delete takes a video away")
def _():
    video = make("a mill")
    gone = client().videos.delete(video.id)
    assert (gone.id, gone.deleted, gone.object) == (video.id, True, "video.deleted"), gone
    raises(openai.NotFoundError, lambda: client().videos.retrieve(video.id))
    assert video.id not in [video.id for video in client().videos.list()]


if IS_GATEWAY:

    @check("a thumbnail comes with the video")
    def _():
        video = make("a lighthouse")
        content = client().videos.download_content(video.id, variant="thumbnail").read()
        assert content[:3] == b"\xff\xd8\xff" or content[:4] in (b"\x89PNG", b"RIFF"), content[:8]

else:

    def job_of(prompt):
        with urllib.request.urlopen(f"{BASE_URL}/control/jobs", timeout=TIMEOUT_SECONDS) as answer:
            jobs = json.load(answer)["data"]
        found = [job for job in jobs if job["prompt"] == prompt]
        assert len(found) == 1, found
        return found[0]

    @check("each option arrives in the field of its name")
    def _():
        make("every option", seconds="8", size="1792x1024")
        request = job_of("every option")["request"]
        expected = {"model": MODEL, "seconds": "8", "size": "1792x1024"}
        assert expected.items() <= request.items(), request

    @check("a file arrives whole")
    def _():
        make("with a file", input_reference=("picture.png", PICTURE, "image/png"))
        assert job_of("with a file")["files"] == [len(PICTURE)], job_of("with a file")

    @check("a job that takes longer is asked after more than once")
    def _():
        prompt = "slowly <<takes: 600ms>>"
        make(prompt)
        assert job_of(prompt)["polls"] >= 3, job_of(prompt)

    @check("the content is the file, byte for byte")
    def _():
        with urllib.request.urlopen(
            f"{BASE_URL}/files/{make('a file').id}.mp4", timeout=TIMEOUT_SECONDS
        ) as answer:
            whole = answer.read()
        assert download(client().videos.list(limit=1).data[0]) == whole

    @check("a burst is a RateLimitError")
    def _():
        work = lambda: client().videos.create(prompt="a fox <<submit: 429>>", model=MODEL)
        raises(openai.RateLimitError, work)


finish()
