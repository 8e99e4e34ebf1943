const url = `http://127.0.0.1:8080/v1/video/generations/${process.env.TASK_ID}`;
const answer = await fetch(url, {
  method: "DELETE",
  headers: { Authorization: `Bearer ${process.env.RUSHES_API_KEY}` },
});
if (!answer.ok) throw new Error(await answer.text());

console.log((await answer.json()).deleted);
