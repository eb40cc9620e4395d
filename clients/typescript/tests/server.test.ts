/** Calls of a running server. Requires LETMEPOST_URL, LETMEPOST_API_KEY (a test key), PLATFORM and PICTURE (base64). */
import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import {
  data,
  Letmepost,
  NotFoundError,
  PreflightFailedError,
  UnauthenticatedError,
  ValidationFailedError,
  verifyWebhook,
  WebhookVerificationError,
  type Account,
  type EventStream,
} from "letmepost-client";
import { all } from "./support.js";

const baseUrl = process.env.LETMEPOST_URL!;
const apiKey = process.env.LETMEPOST_API_KEY!;
const platform = process.env.PLATFORM as Account["platform"];

const PNG = Buffer.from(process.env.PICTURE!, "base64");

/** Every request that was sent, and the status of its response. */
const sent: { method: string; status: number }[] = [];
/** The number of responses that are lost from now on. */
let losses = 0;
const client = new Letmepost({
  apiKey,
  baseUrl,
  fetch: async (input, init) => {
    const request = input as Request;
    const entry = { method: request.method, status: 0 };
    sent.push(entry);
    const response = await fetch(request, init);
    entry.status = response.status;
    if (losses > 0) {
      losses -= 1;
      await response.body?.cancel();
      throw new TypeError("The response was lost.");
    }
    return response;
  },
});

let account: Account;
before(async () => {
  account = await client.accounts.createSandbox({ platform });
});

const body = (text: string) => ({ targets: [{ accountId: account.id }], text });

test("a post is published", async () => {
  const batch = await client.posts.create(body("Hello from TypeScript"));
  assert.equal(batch.status, "published");
  const post = await client.posts.get(batch.results[0]!.postId);
  assert.deepEqual([post.status, post.text], ["published", "Hello from TypeScript"]);
});

test("a post is published once when the response is lost", async () => {
  losses = 1;
  const batch = await client.posts.create(body("Sent twice, published once"));
  assert.equal(batch.status, "published");
  const posts = await all(client.posts.list({ accountId: [account.id] }));
  assert.equal(posts.filter(({ text }) => text === "Sent twice, published once").length, 1);
});

test("wait returns the outcome of a call that did not wait", async () => {
  const batch = await client.posts.create(body("Not waited for"), { waitS: 0 });
  assert.equal(batch.status, "publishing");
  const settled = await batch.wait();
  assert.equal(settled.status, "published");
  assert.equal(settled.results[0]?.status, "published");
});

test("a draft is changed, published and canceled", async () => {
  const draft = await client.posts.create({ ...body("Draft"), draft: true });
  const id = draft.results[0]!.postId;
  assert.equal((await client.posts.update(id, { text: "Changed" })).text, "Changed");
  assert.equal((await (await client.batches.publish(draft.id)).wait()).status, "published");
  assert.ok((await client.posts.timeline(id)).data.length > 0);

  const scheduledAt = new Date(Date.now() + 3_600_000).toISOString();
  const scheduled = await client.posts.create({ ...body("Later"), scheduledAt });
  assert.equal(scheduled.status, "queued");
  await client.posts.cancel(scheduled.results[0]!.postId);
  assert.equal((await client.batches.get(scheduled.id)).status, "canceled");
});

test("bulk reports each request", async () => {
  const results = await client.posts.bulk([body("First"), { ...body("Second"), targets: [] }]);
  assert.deepEqual(results.map(({ status }) => status), [202, 400]);
});

test("a broken rule is thrown with its violations, also by validate as data", async () => {
  const long = body("x".repeat(100_000));
  await assert.rejects(client.posts.create(long), (error) => {
    assert.ok(error instanceof PreflightFailedError);
    assert.ok(error.violations.length > 0);
    assert.match(error.requestId, /^req_/);
    return true;
  });
  assert.equal((await client.posts.validate(long)).valid, false);
});

test("errors have their classes", async () => {
  await assert.rejects(client.posts.get("post_01KBF3A6M0QJ5V8T2N4X7Z9C1D"), NotFoundError);
  await assert.rejects(client.posts.create({ targets: [] }), ValidationFailedError);
  const stranger = new Letmepost({ apiKey: "lmp_test_wrong", baseUrl });
  await assert.rejects(stranger.posts.get("post_1"), UnauthenticatedError);
});

test("lists are read page by page", async () => {
  const whole = (await all(client.posts.list({ limit: 200 }))).map(({ id }) => id);
  const paged = (await all(client.posts.list({ limit: 2 }))).map(({ id }) => id);
  assert.ok(whole.length > 2);
  assert.deepEqual(paged, whole);
  assert.deepEqual((await all(client.accounts.list())).map(({ id }) => id), [account.id]);
});

test("an operation without a method is called by its path", async () => {
  assert.ok(data(await client.api.GET("/v1/me")));
  await assert.rejects(client.api.GET("/v1/profiles/{profile_id}", { params: { path: { profile_id: "prof_1" } } }), NotFoundError);
});

test("a blob is uploaded, and again when the response is lost", async () => {
  const media = await client.media.upload(new File([PNG], "red.png"));
  assert.deepEqual([media.status, media.filename, media.sizeBytes], ["ready", "red.png", PNG.length]);
  losses = 1;
  const repeated = await client.media.upload(new Blob([PNG]));
  assert.equal(repeated.status, "ready");
  assert.deepEqual((await all(client.media.list())).map(({ id }) => id), [repeated.id, media.id]);
  await client.media.delete(repeated.id);
  await assert.rejects(client.media.get(repeated.id), NotFoundError);
});

/** A picture that is too large for a form: PNG readers ignore what follows the last chunk. */
const LARGE = Buffer.concat([PNG, Buffer.alloc(9 * 1024 * 1024)]);

test("a large blob is uploaded to a URL, and again when the response is lost", async () => {
  const before = sent.length;
  const flaky = new Letmepost({
    apiKey,
    baseUrl,
    fetch: async (input, init) => {
      const request = input as Request;
      const response = await fetch(request, init);
      sent.push({ method: request.method, status: response.status });
      if (request.method === "PUT" && response.ok) throw new TypeError("The response was lost.");
      return response;
    },
  });
  const media = await flaky.media.upload(new Blob([LARGE]), { filename: "large.png" });
  assert.deepEqual([media.status, media.sizeBytes], ["ready", LARGE.length]);
  assert.deepEqual(sent.slice(before).map(({ method, status }) => [method, status]), [
    ["POST", 201],
    ["PUT", 200],
    ["PUT", 409],
    ["POST", 200],
  ]);
});

test("a stream is uploaded", async () => {
  const media = await client.media.upload(new Blob([LARGE]).stream(), { sizeBytes: LARGE.length });
  assert.deepEqual([media.status, media.sizeBytes], ["ready", LARGE.length]);
});

test("a stream of another size is an error, and is not sent again", async () => {
  const before = sent.length;
  const upload = client.media.upload(new Blob([PNG]).stream(), { sizeBytes: PNG.length + 1 });
  await assert.rejects(upload, { name: "ConnectionFailedError", message: /body length does not match/ });
  assert.deepEqual(sent.slice(before).map(({ method }) => method), ["POST", "PUT"]);
});

/** Return the ids of the posts that the stream reports as published, up to and including this one. */
async function publishedUpTo(stream: EventStream, postId: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const event of stream) {
    if (event.type === "post.published") ids.push(event.data.postId);
    if (ids.at(-1) === postId) break;
  }
  return ids;
}

test("the stream continues after the position of an event", async () => {
  const { nextCursor } = data(await client.api.GET("/v1/events", { params: { query: { limit: 200 } } }));
  const stream = client.events.stream({ types: ["post.published"], lastEventId: nextCursor });
  const first = (await client.posts.create(body("Streamed"))).results[0]!.postId;
  assert.ok((await publishedUpTo(stream, first)).includes(first));

  const second = (await client.posts.create(body("While the stream was closed"))).results[0]!.postId;
  const next = client.events.stream({ types: ["post.published"], lastEventId: stream.lastEventId! });
  assert.deepEqual(await publishedUpTo(next, second), [second]);
  const listed = await all(client.events.list({ type: ["post.published"], limit: 1 }));
  assert.deepEqual(listed.slice(-2).map((event) => "postId" in event.data && event.data.postId), [first, second]);
});

test("aborting ends the stream", async () => {
  const abort = new AbortController();
  const next = client.events.stream({ signal: abort.signal })[Symbol.asyncIterator]().next();
  const reason = new Error("Enough.");
  abort.abort(reason);
  await assert.rejects(next, reason);
});

/** A receiver of webhooks that stores the first delivery. */
const receiver = createServer();
after(() => receiver.close());

test("a delivery is verified", async () => {
  const delivered = new Promise<{ headers: IncomingHttpHeaders; text: string }>((resolve) => {
    receiver.on("request", async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.end();
      resolve({ headers: request.headers, text: Buffer.concat(chunks).toString() });
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const endpoint = await client.webhookEndpoints.create({ url, events: ["post.published"] });
  assert.deepEqual((await all(client.webhookEndpoints.list())).map(({ id }) => id), [endpoint.id]);
  const batch = await client.posts.create(body("Reported to a webhook"));
  const { headers, text } = await delivered;
  const event = await verifyWebhook(text, headers, endpoint.signingSecret);
  assert.equal(event.type === "post.published" && event.data.postId, batch.results[0]?.postId);
  await assert.rejects(verifyWebhook(`${text} `, headers, endpoint.signingSecret), WebhookVerificationError);
  await client.webhookEndpoints.delete(endpoint.id);
});
