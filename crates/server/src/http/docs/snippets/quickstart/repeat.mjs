async function order() {
  const answer = await fetch("http://127.0.0.1:8080/v1/video/generations", {
    method: "POST",
    headers: {
      Authorization: `Bearer ${process.env.RUSHES_API_KEY}`,
      "Content-Type": "application/json",
      "Idempotency-Key": "order-1842",
    },
    body: JSON.stringify({
      model: "grok-image-video",
      prompt: "A kite over the dunes",
      seconds: 4,
    }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()).task_id;
}

console.log(await order());
console.log(await order());
