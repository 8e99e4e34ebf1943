const webhook = `http://127.0.0.1:8080/api/webhooks/${process.env.WEBHOOK_ID}`;
const Authorization = `Bearer ${process.env.RUSHES_MANAGE_KEY}`;

const failed = await fetch(`${webhook}/deliveries?status=failed`, { headers: { Authorization } });
if (!failed.ok) throw new Error(await failed.text());
console.log((await failed.json()).data.length);

const replay = await fetch(`${webhook}/replay`, {
  method: "POST",
  headers: { Authorization, "Content-Type": "application/json" },
  body: JSON.stringify({ since: Math.floor(Date.now() / 1000) - 86400 }),
});
if (!replay.ok) throw new Error(await replay.text());
console.log(await replay.text());
