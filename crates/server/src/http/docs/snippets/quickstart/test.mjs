const answer = await fetch("http://127.0.0.1:8080/v1/video/generations", {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.RUSHES_API_KEY}`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify({
    model: "grok-image-video",
    prompt: "A clapperboard [[delay: 2s]] [[fail: the lamp went out]]",
  }),
});
if (!answer.ok) throw new Error(await answer.text());
console.log((await answer.json()).task_id);
