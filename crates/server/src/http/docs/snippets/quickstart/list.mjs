const url = new URL("http://127.0.0.1:8080/v1/video/generations?status=SUCCESS&limit=20");
const headers = { Authorization: `Bearer ${process.env.RUSHES_API_KEY}` };

let page;
do {
  const answer = await fetch(url, { headers });
  if (!answer.ok) throw new Error(await answer.text());
  page = await answer.json();
  for (const task of page.data) console.log(task.task_id, task.model);
  url.searchParams.set("after", page.next_after);
} while (page.has_more);
