import { writeFile } from "node:fs/promises";
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "http://127.0.0.1:8080/v1",
  apiKey: process.env.RUSHES_API_KEY,
});

let video = await client.videos.create({
  model: "sora-2",
  prompt: "A kite over the dunes",
  seconds: "4",
  size: "1280x720",
});
while (video.status === "queued" || video.status === "in_progress") {
  await new Promise((resolve) => setTimeout(resolve, 2000));
  video = await client.videos.retrieve(video.id);
}
if (video.status !== "completed") throw new Error(video.error?.message);

const content = await client.videos.downloadContent(video.id);
await writeFile("kite.mp4", content.body);
