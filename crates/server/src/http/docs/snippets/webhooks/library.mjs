import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const BODY_BYTES_MAX = 65_536;

async function read(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const server = createServer(async (request, response) => {
  try {
    const body = await read(request);
    const { type, data } = webhook.verify(body.toString(), request.headers);
    if (type === "webhook.test") console.log(type, data.message);
    else console.log(type, data.task_id, data.status);
    response.writeHead(204).end();
  } catch (error) {
    console.error(error.message);
    response.writeHead(401).end();
  }
});
server.listen(process.env.PORT ?? 3000, "127.0.0.1", () => {
  console.log(`listening on port ${server.address().port}`);
});
