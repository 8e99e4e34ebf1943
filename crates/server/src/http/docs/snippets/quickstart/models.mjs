const answer = await fetch("http://127.0.0.1:8080/v1/models", {
  headers: { Authorization: `Bearer ${process.env.RUSHES_API_KEY}` },
});
if (!answer.ok) throw new Error(await answer.text());

for (const model of (await answer.json()).data) {
  console.log(model.id, Object.keys(model.capabilities), model.pricing.per_second);
}
