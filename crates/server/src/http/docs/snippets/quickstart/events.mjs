const url = `http://127.0.0.1:8080/v1/video/generations/${process.env.TASK_ID}/events`;
const answer = await fetch(url, {
  headers: { Authorization: `Bearer ${process.env.RUSHES_API_KEY}` },
});
if (!answer.ok) throw new Error(await answer.text());

let rest = "";
for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop();
  for (const line of lines.filter((it) => it.startsWith("data: "))) {
    const { status, progress } = JSON.parse(line.slice("data: ".length));
    console.log(status, progress);
  }
}
