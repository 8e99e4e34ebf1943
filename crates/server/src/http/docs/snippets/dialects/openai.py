import os

from openai import OpenAI

client = OpenAI(
    base_url="http://127.0.0.1:8080/v1",
    api_key=os.environ["RUSHES_API_KEY"],
)
video = client.videos.create_and_poll(
    model="sora-2",
    prompt="A kite over the dunes",
    seconds="4",
    size="1280x720",
)
if video.status != "completed":
    raise SystemExit(video.error.message)

client.videos.download_content(video.id).write_to_file("kite.mp4")
