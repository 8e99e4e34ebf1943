import { readFile } from "node:fs/promises";

const form = new FormData();
form.append("model", "grok-image-video");
form.append("prompt", "The camera moves slowly towards it");
form.append("image", new Blob([await readFile("photo.png")]), "photo.png");

const answer = await fetch("http://127.0.0.1:8080/v1/video/generations", {
  method: "POST",
  headers: { Authorization: `Bearer ${process.env.RUSHES_API_KEY}` },
  body: form,
});
if (!answer.ok) throw new Error(await answer.text());
console.log((await answer.json()).task_id);
