import { writeFile } from "node:fs/promises";

const API = "http://127.0.0.1:8080/v1/video/generations";

async function call(path, options = {}) {
  const headers = { Authorization: `Bearer ${process.env.RUSHES_API_KEY}`, ...options.headers };
  const answer = await fetch(API + path, { ...options, headers });
  if (answer.status === 429 || answer.status === 503) {
    const seconds = Number(answer.headers.get("retry-after") ?? 5);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return call(path, options);
  }
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${body.error.code}: ${body.error.message}`);
  return body;
}

const { task_id } = await call("", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({
    model: "grok-image-video",
    prompt: "A lighthouse in a storm",
    seconds: 4,
  }),
});

let data;
do {
  ({ data } = await call(`/${task_id}`, { headers: { Prefer: "wait=60" } }));
  console.log(data.status, data.progress);
} while (data.status !== "SUCCESS" && data.status !== "FAILURE");
if (data.status === "FAILURE") throw new Error(data.fail_reason);

const video = await fetch(data.result_url);
await writeFile("lighthouse.mp4", video.body);
console.log("lighthouse.mp4");
