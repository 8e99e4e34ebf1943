import { writeFile } from "node:fs/promises";

const answer = await fetch(process.env.RESULT_URL);
if (!answer.ok) throw new Error(await answer.text());
await writeFile("boat.mp4", answer.body);
