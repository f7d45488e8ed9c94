// Bring a person, a list and a message by HTTP, ask for approval, and end once a webhook says that it was decided about.
// Needs Node 18 or newer, and no package.
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const { LISTGATE_URL, LISTGATE_TOKEN, WEBHOOK_PORT, WEBHOOK_SECRET } = process.env;

// A call that is repeated with the same key has one effect.
async function call(method, path, body, key = randomUUID()) {
  const response = await fetch(`${LISTGATE_URL}/api/v1${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${LISTGATE_TOKEN}`,
      "Content-Type": "application/json",
      "Idempotency-Key": key,
    },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.code}: ${answer.detail}`);
  return answer;
}

// https://www.standardwebhooks.com
function isSigned(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signatures } = headers;
  if (!signatures || !(Math.abs(Date.now() / 1000 - Number(at)) < 300)) return false;
  const key = Buffer.from(WEBHOOK_SECRET.replace("whsec_", ""), "base64");
  const right = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest();
  return signatures.split(" ").some((each) => {
    const given = Buffer.from(each.replace("v1,", ""), "base64");
    return given.length === right.length && timingSafeEqual(given, right);
  });
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const accepted = isSigned(request.headers, body);
  response.writeHead(accepted ? 204 : 401, { Connection: "close" }).end();
  if (!accepted) return;
  const event = JSON.parse(body);
  console.log(request.headers["webhook-id"], event.type, JSON.stringify(event.data));
  if (event.type === "message.decided") server.close();
});

server.listen(Number(WEBHOOK_PORT), "127.0.0.1", async () => {
  const [author, list] = ["external:5", "readers"];
  const barbara = { address: "barbara@readers.example", name: "Barbara Liskov" };
  await call("POST", "/people", { ...barbara, external_id: "5", roles: ["author"] });
  await call("POST", "/lists", {
    short_name: list,
    address: "readers@lists.example",
    name: "Readers",
  });
  await call("PUT", `/lists/${list}/approvers`, { approver_list: "editors" });
  await call("PUT", `/lists/${list}/subscribers/${encodeURIComponent(author)}`, {});
  const message = { list, author_id: author, subject: "A book", text: "On abstraction." };
  console.log(JSON.stringify(await call("POST", "/messages", message)));
});
