const answer = await fetch("http://127.0.0.1:8080/v1/video/generations", {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.RUSHES_API_KEY}`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify({
    model: "grok-image-video",
    prompt: "A red sports car in neon rain",
    seconds: 4,
    callback_url: process.env.CALLBACK_URL,
  }),
});
if (!answer.ok) throw new Error(await answer.text());
console.log((await answer.json()).task_id);
