/** What all typed calls share. */
import type { WriteOptions } from "./types.js";

/**
 * Return the body of a successful response.
 *
 * Calls that fail throw, so the result of a call always has a body.
 */
export function data<Data>(result: { data?: Data }): Data {
  return result.data as Data;
}

/** Return the options of `openapi-fetch` for a call that changes something. */
export function written({ idempotencyKey, signal }: WriteOptions): {
  params: { header: { "Idempotency-Key"?: string } };
  signal?: AbortSignal;
} {
  return {
    params: { header: idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey } },
    ...(signal && { signal }),
  };
}
