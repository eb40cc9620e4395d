/** Sends requests, and retries those that can be repeated safely. */
import { ApiError, ConnectionFailedError, errorOf, UnexpectedResponseError } from "./errors.js";

/** Time and randomness, so that tests control both. */
export interface Timing {
  /** Return the time in milliseconds since 1970. */
  now(): number;
  /** Return a number from 0 up to, but not including, 1. */
  random(): number;
  /** Resolve after a time. Reject when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface TransportOptions {
  /** `lmp_live_…`, or `lmp_test_…` for simulated platforms. */
  apiKey: string;
  /** The URL of the deployment, without `/v1`. */
  baseUrl: string;
  /** Retries of a call. Default: 3. */
  maxRetries?: number;
  /** The longest time that a retry waits for, in seconds. A longer Retry-After is thrown to the caller. Default: 60. */
  maxRetryAfterS?: number;
  /** Time limit of one attempt, in seconds. Default: 90, because a call waits up to 60 s for the outcome of a post. */
  timeoutS?: number;
  /** Replaces the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** Replaces the system's clock and random numbers. */
  timing?: Timing;
}

export interface SendOptions {
  signal?: AbortSignal | undefined;
  /** Default: `maxRetries`. 0 for a body that can be sent only once. */
  retries?: number;
  /** Whether an attempt has a time limit. Default: true. */
  limited?: boolean;
  /** Whether to return before the body has arrived. Default: false, because a body that breaks off is retried. */
  streamed?: boolean;
}

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 8_000;
/** Statuses that are retried when a proxy, not the API, sent them. */
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);
const CHANGES = new Set(["POST", "PATCH", "DELETE"]);

const SYSTEM: Timing = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", abort, { once: true });
    }),
};

export class Transport {
  readonly baseUrl: string;
  readonly timing: Timing;
  readonly #fetch: typeof globalThis.fetch;
  readonly #apiKey: string;
  readonly #maxRetries: number;
  readonly #maxRetryAfterS: number;
  readonly #timeoutS: number;

  constructor(options: TransportOptions) {
    this.baseUrl = options.baseUrl.replace(/\/+$/, "");
    this.timing = options.timing ?? SYSTEM;
    // Browsers reject a `fetch` that is called as a method of another object.
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#apiKey = options.apiKey;
    this.#maxRetries = options.maxRetries ?? 3;
    this.#maxRetryAfterS = options.maxRetryAfterS ?? 60;
    this.#timeoutS = options.timeoutS ?? 90;
  }

  /** Return a request to a path of the API, as `authorize`. */
  request(path: string, init: RequestInit = {}): Request {
    return this.authorize(new Request(`${this.baseUrl}${path}`, init));
  }

  /** Add the key, and an idempotency key if the method changes something and the request has none. */
  authorize(request: Request): Request {
    request.headers.set("Authorization", `Bearer ${this.#apiKey}`);
    if (CHANGES.has(request.method) && !request.headers.has("Idempotency-Key")) {
      request.headers.set("Idempotency-Key", randomKey());
    }
    return request;
  }

  /**
   * Send a request until it succeeds, fails for good, or has no retry left.
   *
   * @param request returns the request of an attempt. Every attempt must have the same headers and body.
   * @throws {ApiError} the API rejected the request.
   * @throws {UnexpectedResponseError} something else responded.
   * @throws {ConnectionFailedError} there was no response.
   */
  async send(request: () => Request, options: SendOptions = {}): Promise<Response> {
    const retries = options.retries ?? this.#maxRetries;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#attempt(request(), options);
      } catch (error) {
        const waitMs = this.retryDelayMs(error, attempt);
        if (attempt >= retries || waitMs === undefined) throw error;
        await this.timing.sleep(waitMs, options.signal);
      }
    }
  }

  /** Return how long to wait before the next attempt, or undefined if there must be none. */
  retryDelayMs(error: unknown, attempt: number): number | undefined {
    if (!isTransient(error)) return undefined;
    const askedS = error instanceof ConnectionFailedError ? undefined : error.retryAfterS;
    if (askedS !== undefined && askedS > this.#maxRetryAfterS) return undefined;
    const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt);
    const jitter = this.timing.random();
    // Never earlier than Retry-After. Jitter keeps clients that failed together from returning together.
    return askedS === undefined ? backoffMs * (0.5 + jitter / 2) : askedS * 1000 + jitter * FIRST_BACKOFF_MS;
  }

  async #attempt(request: Request, options: SendOptions): Promise<Response> {
    const limit = options.limited === false ? undefined : AbortSignal.timeout(this.#timeoutS * 1000);
    const signals = [options.signal, request.signal, limit].filter((signal) => signal !== undefined);
    let response: Response;
    try {
      response = await this.#fetch(request, { signal: AbortSignal.any(signals) });
      if (!options.streamed || !response.ok) response = await received(response);
    } catch (cause) {
      if (options.signal?.aborted || request.signal.aborted) throw cause;
      const reason = limit?.aborted ? `no response within ${this.#timeoutS} s` : describe(cause);
      throw new ConnectionFailedError(`${request.method} ${request.url} failed: ${reason}`, { cause });
    }
    if (!response.ok) throw await errorOf(response, this.timing.now());
    return response;
  }
}

/** Return a response after its whole body has arrived. */
async function received(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  const { status, headers } = response;
  return new Response(body.byteLength === 0 ? null : body, { status, headers });
}

/** Return the message of an error with that of its cause, because `fetch` names the reason only there. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}

type Transient = ApiError | UnexpectedResponseError | ConnectionFailedError;

function isTransient(error: unknown): error is Transient {
  if (error instanceof ConnectionFailedError) return true;
  if (error instanceof ApiError) return error.retryable;
  return error instanceof UnexpectedResponseError && TRANSIENT.has(error.status);
}

/** Return a new idempotency key. `crypto.randomUUID` would need a secure context in browsers. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
