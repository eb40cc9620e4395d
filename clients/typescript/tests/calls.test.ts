import assert from "node:assert/strict";
import { test } from "node:test";
import * as letmepost from "letmepost-client";
import { all, batch, failure, json, scripted } from "./support.js";

const POST = { targets: [{ platform: "bluesky" as const }], text: "Hello" };
const key = (headers: Headers | undefined) => headers?.get("Idempotency-Key");

test("create sends the key, the body and the time to wait", async () => {
  const { client, sent } = scripted([json(batch("published"))]);
  const created = await client.posts.create(POST, { waitS: 40 });
  assert.equal(created.status, "published");
  const [request] = sent;
  assert.deepEqual([request?.method, request?.url], ["POST", "https://api.example/v1/posts"]);
  assert.equal(request?.headers.get("Authorization"), "Bearer lmp_test_key");
  assert.equal(request?.headers.get("Prefer"), "wait=40");
  assert.deepEqual(JSON.parse(request?.body ?? ""), POST);
});

test("create does not wait when the time to wait is zero", async () => {
  const { client, sent } = scripted([json(batch("publishing"), 202)]);
  await client.posts.create(POST, { waitS: 0 });
  assert.equal(sent[0]?.headers.get("Prefer"), "respond-async");
});

test("retries of a call send the same idempotency key and body", async () => {
  const unavailable = new Response("Bad gateway", { status: 502 });
  const { client, sent } = scripted([new TypeError("reset"), unavailable, json(batch("published"))]);
  await client.posts.create(POST);
  assert.equal(sent.length, 3);
  assert.match(key(sent[0]?.headers) ?? "", /^[0-9a-f]{32}$/);
  assert.equal(new Set(sent.map(({ headers }) => key(headers))).size, 1);
  assert.equal(new Set(sent.map(({ body }) => body)).size, 1);
});

test("a response that breaks off is requested again with the same key", async () => {
  const broken = new ReadableStream({ pull: (controller) => controller.error(new TypeError("terminated")) });
  const { client, sent } = scripted([new Response(broken), json(batch("published"))]);
  assert.equal((await client.posts.create(POST)).status, "published");
  assert.equal(key(sent[0]?.headers), key(sent[1]?.headers));
});

test("two calls send different idempotency keys", async () => {
  const { client, sent } = scripted([json(batch("published")), json(batch("published"))]);
  await client.posts.create(POST);
  await client.posts.create(POST);
  assert.notEqual(key(sent[0]?.headers), key(sent[1]?.headers));
});

test("the idempotency key of the caller is sent", async () => {
  const { client, sent } = scripted([json(batch("published"))]);
  await client.posts.create(POST, { idempotencyKey: "launch-1" });
  assert.equal(key(sent[0]?.headers), "launch-1");
});

test("a read sends no idempotency key", async () => {
  const { client, sent } = scripted([json(batch("published"))]);
  await client.batches.get("batch_1");
  assert.equal(key(sent[0]?.headers), null);
});

test("Retry-After in seconds is honored", async () => {
  const limited = failure("rate_limited", 429, { retryable: true }, { "Retry-After": "12" });
  const { client, waits } = scripted([limited, json(batch("published"))]);
  await client.posts.create(POST);
  assert.deepEqual(waits, [12_000]);
});

test("Retry-After as a date is honored", async () => {
  const limited = failure("rate_limited", 429, { retryable: true }, { "Retry-After": "Tue, 01 Dec 2026 09:00:07 GMT" });
  const { client, waits } = scripted([limited, json(batch("published"))]);
  await client.posts.create(POST);
  assert.deepEqual(waits, [7_000]);
});

test("a Retry-After over the limit is thrown to the caller", async () => {
  const exceeded = failure("quota_exceeded", 429, { retryable: true }, { "Retry-After": "86400" });
  const { client, waits } = scripted([exceeded]);
  await assert.rejects(client.posts.create(POST), (error) => {
    assert.ok(error instanceof letmepost.QuotaExceededError);
    assert.equal(error.retryAfterS, 86_400);
    return true;
  });
  assert.deepEqual(waits, []);
});

test("a request that is still in progress is sent again", async () => {
  const running = failure("idempotency_conflict", 409, { retryable: true }, { "Retry-After": "1" });
  const { client, sent } = scripted([running, json(batch("published"))]);
  await client.posts.create(POST);
  assert.equal(sent.length, 2);
});

test("an error that is not retryable is not retried", async () => {
  const { client, sent } = scripted([failure("idempotency_conflict", 409)]);
  await assert.rejects(client.posts.create(POST), letmepost.IdempotencyConflictError);
  assert.equal(sent.length, 1);
});

test("the backoff doubles, and the last error is thrown when no retry is left", async () => {
  const { client, waits } = scripted(Array.from({ length: 4 }, () => new TypeError("reset")));
  await assert.rejects(client.posts.create(POST), letmepost.ConnectionFailedError);
  assert.deepEqual(waits, [250, 500, 1000]);
});

test("an aborted call throws the reason and is not retried", async () => {
  const abort = new AbortController();
  const reason = new Error("The caller stopped.");
  const client = new letmepost.Letmepost({
    apiKey: "lmp_test_key",
    baseUrl: "https://api.example",
    fetch: async (_, init) => {
      abort.abort(reason);
      throw init?.signal?.reason;
    },
  });
  await assert.rejects(client.posts.create(POST, { signal: abort.signal }), reason);
});

test("an attempt without a response is aborted after the time limit, and retried", async () => {
  const signals: (AbortSignal | null | undefined)[] = [];
  const fetch: typeof globalThis.fetch = (_, init) =>
    new Promise((_resolve, reject) => {
      signals.push(init?.signal);
      // As an open connection does, a timer keeps the program running.
      const timer = setInterval(() => undefined, 1000);
      init?.signal?.addEventListener("abort", () => {
        clearInterval(timer);
        reject(init.signal?.reason);
      });
    });
  const { client } = scripted([], { fetch, timeoutS: 0.001, maxRetries: 1 });
  await assert.rejects(client.posts.create(POST), { name: "ConnectionFailedError", message: /no response within 0.001 s/ });
  assert.equal(signals.length, 2);
});

const CLASSES = {
  validation_failed: letmepost.ValidationFailedError,
  preflight_failed: letmepost.PreflightFailedError,
  unauthenticated: letmepost.UnauthenticatedError,
  unauthorized: letmepost.UnauthorizedError,
  not_found: letmepost.NotFoundError,
  idempotency_conflict: letmepost.IdempotencyConflictError,
  rate_limited: letmepost.RateLimitedError,
  quota_exceeded: letmepost.QuotaExceededError,
  platform_not_enabled: letmepost.PlatformNotEnabledError,
  platform_auth_failed: letmepost.PlatformAuthFailedError,
  platform_rejected: letmepost.PlatformRejectedError,
  platform_unavailable: letmepost.PlatformUnavailableError,
  internal_error: letmepost.InternalError,
} satisfies Record<letmepost.ErrorCode, typeof letmepost.ApiError>;

for (const [code, expected] of Object.entries(CLASSES)) {
  test(`the code ${code} is thrown as ${expected.name}`, async () => {
    const violations = [{ field: "text", message: "Too long." }];
    const { client } = scripted([failure(code, 400, { rule: "some.rule", remediation: "Shorten it.", violations })]);
    await assert.rejects(client.posts.create(POST), (error) => {
      assert.ok(error instanceof expected);
      assert.deepEqual(
        [error.name, error.code, error.status, error.rule, error.remediation, error.requestId, error.message],
        [expected.name, code, 400, "some.rule", "Shorten it.", "req_1", `It is ${code}.`],
      );
      assert.deepEqual(error.violations, violations);
      return true;
    });
  });
}

test("an unknown code is thrown as ApiError", async () => {
  const { client } = scripted([failure("constructor", 418)]);
  await assert.rejects(client.posts.create(POST), (error) => {
    assert.ok(error instanceof letmepost.ApiError);
    assert.equal(error.code, "constructor");
    return true;
  });
});

test("a response of a proxy is thrown with its status", async () => {
  const { client } = scripted([new Response("<h1>Forbidden</h1>", { status: 403 })]);
  await assert.rejects(client.posts.create(POST), (error) => {
    assert.ok(error instanceof letmepost.UnexpectedResponseError);
    assert.equal(error.status, 403);
    return true;
  });
});

test("wait returns when no post is running", async () => {
  const replies = ["publishing", "publishing", "partial_failed"].map((status) => json(batch(status)));
  const { client, waits } = scripted([json(batch("publishing"), 202), ...replies]);
  const settled = await (await client.posts.create(POST)).wait();
  assert.equal(settled.status, "partial_failed");
  assert.deepEqual(waits, [500, 1000, 2000]);
});

for (const status of ["draft", "held", "published", "failed", "canceled"]) {
  test(`wait returns a batch that is ${status} without a request`, async () => {
    const { client, sent } = scripted([json(batch(status))]);
    assert.equal((await (await client.posts.create(POST)).wait()).status, status);
    assert.equal(sent.length, 1);
  });
}

test("wait throws when its time limit has passed", async () => {
  const replies = Array.from({ length: 4 }, () => json(batch("publishing")));
  const { client, waits } = scripted(replies);
  const created = await client.posts.create(POST);
  await assert.rejects(created.wait({ timeoutS: 2 }), letmepost.WaitTimeoutError);
  assert.deepEqual(waits, [500, 1000, 500]);
});

test("a batch has the fields of the response only", async () => {
  const { client } = scripted([json(batch("published"))]);
  assert.deepEqual(JSON.parse(JSON.stringify(await client.posts.create(POST))), batch("published"));
});

test("list reads pages until there is no next cursor", async () => {
  const { client, sent } = scripted([
    json({ data: [{ id: "post_1" }, { id: "post_2" }], nextCursor: "c1" }),
    json({ data: [{ id: "post_3" }], nextCursor: null }),
  ]);
  const posts = await all(client.posts.list({ status: ["failed", "held"], limit: 2 }));
  assert.deepEqual(posts.map(({ id }) => id), ["post_1", "post_2", "post_3"]);
  assert.deepEqual(
    sent.map(({ url }) => new URL(url).search),
    ["?status=failed&status=held&limit=2", "?status=failed&status=held&limit=2&cursor=c1"],
  );
});

test("list reads no page that the caller does not need", async () => {
  const { client, sent } = scripted([json({ data: [{ id: "post_1" }], nextCursor: "c1" })]);
  for await (const post of client.posts.list()) {
    assert.equal(post.id, "post_1");
    break;
  }
  assert.equal(sent.length, 1);
});

test("the list of events ends at a page without items", async () => {
  const { client } = scripted([json({ data: [{ id: "evt_1" }], nextCursor: "7" }), json({ data: [], nextCursor: "7" })]);
  assert.equal((await all(client.events.list())).length, 1);
});
