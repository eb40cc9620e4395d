/** The examples of README.md, which the test run writes to readme.ts. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

const SECRET = `whsec_${Buffer.from("a secret of the example").toString("base64")}`;

test("the examples run, and the last one receives a webhook", async () => {
  const printed: unknown[][] = [];
  console.log = (...values: unknown[]) => printed.push(values);
  const { receive } = await import("./readme.js");
  assert.deepEqual(printed[0]?.slice(0, 2), ["bluesky", "published"]);
  assert.ok(printed.some(([field]) => field === "text"));
  assert.ok(printed.some(([isSame]) => isSame === true));

  process.env.LETMEPOST_WEBHOOK_SECRET = SECRET;
  const body = '{"id": "evt_1", "type": "post.published", "data": {}}';
  const timestamp = Math.floor(Date.now() / 1000);
  const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
  const mac = createHmac("sha256", key).update(`evt_1.${timestamp}.${body}`).digest("base64");
  const deliver = (text: string) =>
    receive(
      new Request("https://customer.example/", {
        method: "POST",
        body: text,
        headers: { "webhook-id": "evt_1", "webhook-timestamp": String(timestamp), "webhook-signature": `v1,${mac}` },
      }),
    );
  assert.equal((await deliver(body)).status, 204);
  assert.equal((await deliver(`${body} `)).status, 400);
});
