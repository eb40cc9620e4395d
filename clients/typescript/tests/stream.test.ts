import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionFailedError, UnauthenticatedError } from "letmepost-client";
import { failure, scripted } from "./support.js";

/** Return a response that sends these chunks, and then ends or breaks off. */
function streamed(chunks: string[], end: "ends" | "breaks off" = "ends"): Response {
  const parts = chunks.map((chunk) => new TextEncoder().encode(chunk));
  return new Response(
    new ReadableStream({
      pull(controller) {
        const part = parts.shift();
        if (part !== undefined) controller.enqueue(part);
        else if (end === "ends") controller.close();
        else controller.error(new TypeError("terminated"));
      },
    }),
    { headers: { "Content-Type": "text/event-stream" } },
  );
}

const event = (position: number, lineBreak = "\n") =>
  [`event: post.published`, `data: {"id": "evt_${position}"}`, `id: ${position}`, "", ""].join(lineBreak);

/** Follow the stream until it throws. Return what the loop received, with the positions, and the error. */
async function followed(client: ReturnType<typeof scripted>["client"], lastEventId?: string) {
  const stream = client.events.stream(lastEventId === undefined ? {} : { lastEventId });
  const received: [unknown, string | undefined][] = [];
  try {
    for await (const item of stream) received.push(["id" in item ? item.id : item.type, stream.lastEventId]);
  } catch (error) {
    return { received, error };
  }
  return { received, error: undefined };
}

const revoked = () => failure("unauthenticated", 401);

test("the stream reconnects with the last position after an end and after a break", async () => {
  const { client, sent, waits } = scripted([
    streamed(["id: 6\nretry: 1500\n\n", event(7)]),
    streamed([event(8)], "breaks off"),
    revoked(),
  ]);
  const { received, error } = await followed(client);
  assert.deepEqual(received, [["evt_7", "7"], ["evt_8", "8"]]);
  assert.ok(error instanceof UnauthenticatedError);
  assert.deepEqual(sent.map(({ headers }) => headers.get("Last-Event-ID")), [null, "7", "8"]);
  assert.deepEqual(waits, [1500, 1500]);
});

test("the stream keeps its start position when no event has arrived", async () => {
  const { client, sent } = scripted([streamed(["id: 6\nretry: 1000\n\n"]), revoked()]);
  await followed(client);
  assert.equal(sent[1]?.headers.get("Last-Event-ID"), "6");
});

test("the stream starts after the position of the caller", async () => {
  const { client, sent } = scripted([revoked()]);
  await followed(client, "41");
  assert.equal(sent[0]?.headers.get("Last-Event-ID"), "41");
});

test("the stream sends its types", async () => {
  const { client, sent } = scripted([revoked()]);
  const stream = client.events.stream({ types: ["post.failed", "post.progress"] });
  await assert.rejects(stream[Symbol.asyncIterator]().next(), UnauthenticatedError);
  assert.equal(new URL(sent[0]?.url ?? "").search, "?type=post.failed&type=post.progress");
});

for (const lineBreak of ["\n", "\r\n", "\r"]) {
  test(`an event with line breaks ${JSON.stringify(lineBreak)} is read from chunks of any size`, async () => {
    const bytes = event(7, lineBreak) + `: comment${lineBreak}${lineBreak}` + event(8, lineBreak) + ":";
    for (let size = 1; size < bytes.length; size++) {
      const chunks = bytes.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
      const { client } = scripted([streamed(chunks), revoked()]);
      assert.deepEqual((await followed(client)).received, [["evt_7", "7"], ["evt_8", "8"]]);
    }
  });
}

test("an incomplete event is dropped and its position is not taken", async () => {
  const { client, sent } = scripted([streamed([event(7), 'data: {"id": "evt_8"}\nid: 8\n']), revoked()]);
  assert.deepEqual((await followed(client)).received, [["evt_7", "7"]]);
  assert.equal(sent[1]?.headers.get("Last-Event-ID"), "7");
});

test("progress has no position", async () => {
  const { client } = scripted([streamed([event(7), 'event: post.progress\ndata: {"type": "post.progress"}\n\n']), revoked()]);
  assert.deepEqual((await followed(client)).received, [["evt_7", "7"], ["post.progress", "7"]]);
});

test("a stream that has connected once keeps reconnecting", async () => {
  const resets = Array.from({ length: 10 }, () => new TypeError("reset"));
  const { client, waits } = scripted([streamed([event(7)]), ...resets, streamed([event(8)]), revoked()]);
  assert.deepEqual((await followed(client)).received, [["evt_7", "7"], ["evt_8", "8"]]);
  assert.equal(Math.max(...waits), 4000);
});

test("a silent stream is closed and continued", async () => {
  let isClosed = false;
  const silent = new Response(new ReadableStream({ cancel: () => void (isClosed = true) }));
  const { client, sent } = scripted([silent, revoked()]);
  const stream = client.events.stream({ lastEventId: "7", silenceS: 0.001 });
  await assert.rejects(stream[Symbol.asyncIterator]().next(), UnauthenticatedError);
  assert.ok(isClosed);
  assert.equal(sent[1]?.headers.get("Last-Event-ID"), "7");
});

test("leaving the loop closes the connection", async () => {
  let isClosed = false;
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(event(7))),
    cancel: () => void (isClosed = true),
  });
  const { client, sent } = scripted([new Response(body)]);
  for await (const _ of client.events.stream()) break;
  assert.ok(isClosed);
  assert.equal(sent.length, 1);
});

test("a first connection that fails is retried a limited number of times", async () => {
  const { client, sent } = scripted(Array.from({ length: 5 }, () => new TypeError("refused")));
  await assert.rejects(client.events.stream()[Symbol.asyncIterator]().next(), ConnectionFailedError);
  assert.equal(sent.length, 4);
});
