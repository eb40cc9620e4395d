/** Verification of webhook deliveries: https://www.standardwebhooks.com (checked 2026-11-29). */
import { WebhookVerificationError } from "./errors.js";
import type { Event } from "./types.js";

export interface VerifyOptions {
  /** The greatest age of a delivery, in seconds. Default: 300. */
  toleranceS?: number;
  /** The current time in milliseconds since 1970. Default: the system's. */
  nowMs?: number;
}

/** `Headers`, or the headers of Node's `IncomingMessage`. */
export type WebhookHeaders = Headers | Record<string, string | readonly string[] | undefined>;

const PREFIX = "whsec_";

/**
 * Verify a webhook delivery, and return its event.
 *
 * A delivery can arrive more than once: skip an event whose `id` you have processed.
 *
 * @param body the body exactly as it was received, before it is parsed.
 * @param secret the signing secret of the endpoint, `whsec_…`.
 * @throws {WebhookVerificationError} the delivery is not authentic, or is too old.
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string,
  options: VerifyOptions = {},
): Promise<Event> {
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    required(headers, name),
  ) as [string, string, string];
  const ageS = (options.nowMs ?? Date.now()) / 1000 - (/^\d+$/.test(timestamp) ? Number(timestamp) : NaN);
  if (!(Math.abs(ageS) <= (options.toleranceS ?? 300))) {
    throw new WebhookVerificationError(`The webhook-timestamp ${timestamp} is too far from the current time.`);
  }
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const signed = concatenate(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const key = await importKey(secret);
  // During a rotation, the old and the new secret both sign.
  for (const signature of signatures.split(" ")) {
    const [version, value = ""] = signature.split(",", 2);
    const mac = version === "v1" ? decodeBase64(value) : undefined;
    // `verify` compares in constant time.
    if (mac !== undefined && (await crypto.subtle.verify("HMAC", key, mac, signed))) {
      return JSON.parse(new TextDecoder().decode(bytes)) as Event;
    }
  }
  throw new WebhookVerificationError("No webhook-signature matches the body and the signing secret.");
}

function required(headers: WebhookHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof value !== "string") throw new WebhookVerificationError(`The header ${name} is missing.`);
  return value;
}

function importKey(secret: string): Promise<CryptoKey> {
  const bytes = secret.startsWith(PREFIX) ? decodeBase64(secret.slice(PREFIX.length)) : undefined;
  if (bytes === undefined) throw new TypeError("The signing secret must be whsec_ and base64. Copy it from the API.");
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
