/** Names for the generated types that callers use most. */
import type { components, operations } from "./schema.js";

type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type Batch = Schemas["Batch"];
export type BulkItemResult = Schemas["BulkItemResult"];
export type ChangePost = Schemas["ChangePost"];
export type CreatePost = Schemas["CreatePost"];
export type CreateWebhookEndpoint = Schemas["CreateWebhookEndpoint"];
export type ErrorCode = Schemas["ErrorCode"];
export type ErrorDetails = Schemas["Error"];
export type Event = Schemas["EventPage"]["data"][number];
export type EventType = Schemas["EventType"];
export type Media = Schemas["Media"];
export type NewWebhookEndpoint = Schemas["NewWebhookEndpoint"];
export type Post = Schemas["Post"];
export type PostDetail = Schemas["PostDetail"];
export type PostTimeline = Schemas["PostTimeline"];
export type PostValidation = Schemas["PostValidation"];
export type WebhookEndpoint = Schemas["WebhookEndpoint"];

/** The query parameters of an operation. */
export type Query<Operation extends keyof operations> = NonNullable<operations[Operation]["parameters"]["query"]>;

/** The JSON body of an operation. */
export type Body<Operation extends keyof operations> =
  NonNullable<operations[Operation]["requestBody"]> extends { content: { "application/json": infer Content } }
    ? Content
    : never;

/** Options of every call. */
export interface CallOptions {
  /** Aborts the call, including its retries. */
  signal?: AbortSignal;
}

/** Options of every call that changes something. */
export interface WriteOptions extends CallOptions {
  /** 1 to 255 visible ASCII characters. Default: a random key. All retries of a call send the same key. */
  idempotencyKey?: string;
}
