/** The stream of events: https://html.spec.whatwg.org/multipage/server-sent-events.html (checked 2026-11-29). */
import { ConnectionFailedError } from "./errors.js";
import type { Transport } from "./transport.js";
import type { CallOptions, Event, EventType } from "./types.js";

/** The progress of an upload to a platform. It has no id and no position, and a webhook never receives it. */
export interface PostProgress {
  type: "post.progress";
  organizationId: string;
  data: { postId: string; step: string; sentBytes: number; totalBytes?: number };
}

export interface StreamOptions extends CallOptions {
  /** Only events of these types. Default: all. */
  types?: readonly (EventType | "post.progress")[];
  /** Start after this position. Default: now. */
  lastEventId?: string;
  /** Reconnect when nothing has arrived for this many seconds. Default: 45. The server sends a comment every 15 s. */
  silenceS?: number;
}

/** Three missing comments of the server. */
const DEFAULT_SILENCE_S = 45;
const DEFAULT_RETRY_MS = 1_000;

/**
 * Events as they happen, for `for await`. Reconnects, without skipping or repeating an event.
 *
 * Leaving the loop closes the connection. `events.stream({ lastEventId })` continues later.
 */
export class EventStream implements AsyncIterable<Event | PostProgress> {
  readonly #transport: Transport;
  readonly #options: StreamOptions;
  #lastEventId: string | undefined;
  #retryMs = DEFAULT_RETRY_MS;

  constructor(transport: Transport, options: StreamOptions = {}) {
    this.#transport = transport;
    this.#options = options;
    this.#lastEventId = options.lastEventId;
  }

  /** The position of the event that the loop received last. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event | PostProgress, void> {
    const { signal, silenceS = DEFAULT_SILENCE_S } = this.#options;
    // A wrong URL must fail, so the first connection has a limited number of retries.
    let response: Response | undefined = await this.#connect();
    for (let failures = 0; ; failures++) {
      try {
        response ??= await this.#connect(0);
        for await (const block of blocksOf(response, silenceS)) {
          failures = 0;
          if (block.retryMs !== undefined) this.#retryMs = block.retryMs;
          if (block.id !== undefined) this.#lastEventId = block.id;
          if (block.data !== undefined) yield JSON.parse(block.data) as Event | PostProgress;
        }
        await this.#transport.timing.sleep(this.#retryMs, signal);
      } catch (error) {
        const waitMs = this.#transport.retryDelayMs(error, failures);
        if (signal?.aborted) throw signal.reason;
        if (waitMs === undefined) throw error;
        await this.#transport.timing.sleep(Math.max(waitMs, this.#retryMs), signal);
      }
      response = undefined;
    }
  }

  #connect(retries?: number): Promise<Response> {
    const query = new URLSearchParams((this.#options.types ?? []).map((type) => ["type", type]));
    const headers = new Headers({ Accept: "text/event-stream" });
    if (this.#lastEventId !== undefined) headers.set("Last-Event-ID", this.#lastEventId);
    return this.#transport.send(() => this.#transport.request(`/v1/events/stream?${query}`, { headers }), {
      signal: this.#options.signal,
      limited: false,
      streamed: true,
      ...(retries === undefined ? {} : { retries }),
    });
  }
}

interface Block {
  id?: string;
  data?: string;
  retryMs?: number;
}

async function* blocksOf(response: Response, silenceS: number): AsyncGenerator<Block, void> {
  let block: Block = {};
  for await (const line of linesOf(response, silenceS)) {
    if (line === "") {
      yield block;
      block = {};
      continue;
    }
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") block.data = block.data === undefined ? value : `${block.data}\n${value}`;
    else if (field === "id") block.id = value;
    else if (field === "retry" && /^\d+$/.test(value)) block.retryMs = Number(value);
  }
}

/** Yield the complete lines of a body. A partial last line is dropped: its event is sent again after reconnecting. */
async function* linesOf(response: Response, silenceS: number): AsyncGenerator<string, void> {
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await orSilence(reader.read(), silenceS);
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      // A carriage return at the end may be half of a line break.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function orSilence<Value>(read: Promise<Value>, silenceS: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    const error = new ConnectionFailedError(`The stream sent nothing for ${silenceS} s.`);
    timer = setTimeout(() => reject(error), silenceS * 1000);
  });
  try {
    return await Promise.race([
      read.catch((cause: unknown) => {
        throw new ConnectionFailedError(`The stream ended: ${String(cause)}`, { cause });
      }),
      silence,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
