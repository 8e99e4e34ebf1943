const answer = await fetch("http://127.0.0.1:8080/v1/video/generations", {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.RUSHES_API_KEY}`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify({
    model: "grok-image-video",
    prompt: "A paper boat on a misty lake at dawn",
    seconds: 6,
    aspect_ratio: "16:9",
    resolution: "720p",
  }),
});
if (!answer.ok) throw new Error(await answer.text());

const task = await answer.json();
console.log(task.task_id);
