/** A client of a scripted server, without waiting and without chance. */
import { Letmepost, type TransportOptions } from "letmepost-client";

export interface Sent {
  method: string;
  url: string;
  headers: Headers;
  body: string;
}

type Reply = Response | Error;

export interface Scripted {
  client: Letmepost;
  /** The requests that were sent, in order. */
  sent: Sent[];
  /** The waits between attempts, in milliseconds. */
  waits: number[];
}

/** Return a client that receives these replies, in order. A request after the last one fails the test. */
export function scripted(replies: Reply[], options: Partial<TransportOptions> = {}): Scripted {
  const sent: Sent[] = [];
  const waits: number[] = [];
  let nowMs = Date.parse("2026-12-01T09:00:00Z");
  const client = new Letmepost({
    apiKey: "lmp_test_key",
    baseUrl: "https://api.example/",
    fetch: async (input) => {
      const request = input as Request;
      sent.push({ method: request.method, url: request.url, headers: request.headers, body: await request.text() });
      const reply = replies.shift() ?? new Error("The script has no further reply.");
      if (reply instanceof Error) throw reply;
      return reply;
    },
    timing: {
      now: () => nowMs,
      random: () => 0,
      sleep: async (ms) => {
        waits.push(ms);
        nowMs += ms;
      },
    },
    ...options,
  });
  return { client, sent, waits };
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
}

export function failure(code: string, status: number, more: object = {}, headers: Record<string, string> = {}): Response {
  const error = { code, message: `It is ${code}.`, fixableBy: "caller", docUrl: "https://api.example", requestId: "req_1" };
  return json({ error: { ...error, retryable: false, ...more } }, status, headers);
}

export function batch(status: string) {
  return { id: "batch_1", status, createdAt: "2026-12-01T09:00:00.000Z", results: [] };
}

/** Return all items of an iteration. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}
