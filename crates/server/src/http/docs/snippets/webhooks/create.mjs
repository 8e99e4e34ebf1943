const answer = await fetch("http://127.0.0.1:8080/api/webhooks", {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.RUSHES_MANAGE_KEY}`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify({
    url: process.env.WEBHOOK_URL,
    event_types: ["video.completed", "video.failed"],
  }),
});
if (!answer.ok) throw new Error(await answer.text());

const webhook = await answer.json();
console.log(webhook.id, webhook.secret);
