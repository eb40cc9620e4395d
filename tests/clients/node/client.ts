// Publishes a post with a picture, and verifies the webhook that reports it. Prints the id of the post.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import createClient from "openapi-fetch";
import { Webhook } from "standardwebhooks";
import type { components, paths, webhooks } from "./schema.js";

type CreatePost = components["schemas"]["CreatePost"];
type Published = webhooks["post.published"]["post"]["requestBody"]["content"]["application/json"];
interface Delivery {
  headers: IncomingHttpHeaders;
  body: string;
}

const [api, key, platform, picture] = process.argv.slice(2) as [string, string, string, string];
const client = createClient<paths>({ baseUrl: api, headers: { Authorization: `Bearer ${key}` } });

function present<T>(answer: { data?: T; error?: unknown }): T {
  assert.ok(answer.data !== undefined, JSON.stringify(answer.error));
  return answer.data;
}

function received(count: number): { url: Promise<string>; deliveries: Promise<Delivery[]>; close: () => void } {
  const server = createServer();
  const url = new Promise<string>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  });
  const got: Delivery[] = [];
  const deliveries = new Promise<Delivery[]>((resolve) => {
    server.on("request", async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      got.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.end();
      if (got.length === count) resolve(got);
    });
  });
  return { url, deliveries, close: () => server.close() };
}

const receiver = received(2);
const account = present(await client.POST("/v1/sandbox/accounts", { body: { platform } }));
const endpoint = present(
  await client.POST("/v1/webhook-endpoints", { body: { url: await receiver.url, events: ["post.published"] } }),
);

const bytes = await readFile(picture);
const media = present(
  await client.POST("/v1/media", {
    body: { file: new Blob([bytes], { type: "image/png" }) },
    bodySerializer: ({ file }) => {
      const form = new FormData();
      form.append("file", file, "picture.png");
      return form;
    },
  }),
);
assert.equal(media.status, "ready");

// Only `targets` is required: every field with a default may be left out.
const request: CreatePost = {
  targets: [{ accountId: account.id, options: { langs: ["en"] } }],
  text: "Hello from TypeScript",
  media: [{ mediaId: media.id, altText: "A red picture" }],
};
const batch = present(
  await client.POST("/v1/posts", { body: request, params: { header: { "Idempotency-Key": "typescript-1" } } }),
);
const [result] = batch.results;
assert.equal(result?.status, "published", JSON.stringify(batch));

const refused = await client.POST("/v1/posts", { body: { ...request, text: "x".repeat(5000) } });
assert.equal(refused.response.status, 400);
assert.equal(refused.error?.error.code, "preflight_failed");
const [violation] = refused.error?.error.violations ?? [];
assert.ok(violation !== undefined && "accountId" in violation && violation.accountId === account.id);

// Without a body, all of its fields have their defaults.
present(
  await client.POST("/v1/webhook-endpoints/{endpoint_id}/test", { params: { path: { endpoint_id: endpoint.id } } }),
);

for (const { headers, body } of await receiver.deliveries) {
  const event = new Webhook(endpoint.signingSecret).verify(body, headers as Record<string, string>) as Published;
  assert.equal(event.type, "post.published");
  assert.equal(event.data.postId, event.data.test ? event.data.id : result?.postId);
  assert.throws(() => new Webhook(endpoint.signingSecret).verify(`${body} `, headers as Record<string, string>));
}
receiver.close();

const events = present(await client.GET("/v1/events", { params: { query: { type: ["post.published"] } } }));
for (const event of events.data) {
  if (event.type === "post.published") assert.equal(event.data.postId, result?.postId);
}
assert.equal(events.data.length, 1);

console.log(result?.postId);
