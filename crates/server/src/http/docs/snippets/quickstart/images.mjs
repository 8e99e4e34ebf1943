import { readFile } from "node:fs/promises";

const form = new FormData();
form.append("model", "grok-image-video");
form.append("prompt", "A day in the harbour, from the first picture to the last");
form.append("seconds", "8");
for (const name of ["morning.png", "noon.png", "evening.png"]) {
  form.append("reference_images", new Blob([await readFile(name)]), name);
}

const answer = await fetch("http://127.0.0.1:8080/v1/video/generations", {
  method: "POST",
  headers: { Authorization: `Bearer ${process.env.RUSHES_API_KEY}` },
  body: form,
});
if (!answer.ok) throw new Error(await answer.text());
console.log((await answer.json()).task_id);
