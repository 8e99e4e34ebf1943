const url = `http://127.0.0.1:8080/v1/video/generations/${process.env.TASK_ID}`;
const headers = {
  Authorization: `Bearer ${process.env.RUSHES_API_KEY}`,
  Prefer: "wait=60",
};

let data;
do {
  const answer = await fetch(url, { headers });
  if (!answer.ok) throw new Error(await answer.text());
  ({ data } = await answer.json());
} while (data.status !== "SUCCESS" && data.status !== "FAILURE");

console.log(data.status, data.result_url || data.fail_reason);
