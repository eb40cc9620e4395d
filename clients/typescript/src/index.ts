/** Client of the letmepost API. */
export { data } from "./calls.js";
export { Letmepost, type Api } from "./client.js";
export * from "./errors.js";
export type { MediaItems, StreamUploadOptions, UploadOptions } from "./media.js";
export type { Batches, CreateOptions, PostBatch, Posts, WaitOptions } from "./posts.js";
export type { components, operations, paths, webhooks } from "./schema.js";
export type { EventStream, PostProgress, StreamOptions } from "./stream.js";
export type { Timing, TransportOptions } from "./transport.js";
export type * from "./types.js";
export { verifyWebhook, type VerifyOptions, type WebhookHeaders } from "./webhooks.js";
