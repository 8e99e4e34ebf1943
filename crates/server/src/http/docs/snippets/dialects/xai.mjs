import { writeFile } from "node:fs/promises";
import { createXai } from "@ai-sdk/xai";
import { experimental_generateVideo as generateVideo } from "ai";

const xai = createXai({
  baseURL: "http://127.0.0.1:8080/v1",
  apiKey: process.env.RUSHES_API_KEY,
});

const { video } = await generateVideo({
  model: xai.video("grok-imagine-video"),
  prompt: "A kite over the dunes",
  duration: 4,
  aspectRatio: "16:9",
  providerOptions: { xai: { resolution: "720p", pollTimeoutMs: 600000 } },
  // For a gateway at a private address, from which the SDK does not download.
  download: async ({ url }) => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(await answer.text());
    return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: "video/mp4" };
  },
});
await writeFile("kite.mp4", video.uint8Array);
