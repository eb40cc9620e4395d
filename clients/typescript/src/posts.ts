/** Posts and their batches. */
import { data, written } from "./calls.js";
import type { Api } from "./client.js";
import { WaitTimeoutError } from "./errors.js";
import { itemsOf, paged } from "./pages.js";
import type { Timing } from "./transport.js";
import type {
  Batch,
  Body,
  BulkItemResult,
  CallOptions,
  ChangePost,
  CreatePost,
  Post,
  PostDetail,
  PostTimeline,
  PostValidation,
  Query,
  WriteOptions,
} from "./types.js";

export interface CreateOptions extends WriteOptions {
  /** How long the call waits for the outcome, in seconds, 0 to 60. Default: 25, which the server chooses. */
  waitS?: number;
}

export interface WaitOptions extends CallOptions {
  /** Time limit, in seconds. Default: 120. */
  timeoutS?: number;
}

const FIRST_POLL_MS = 500;
const MAX_POLL_MS = 5_000;

/** The state of a batch when it was read, and a way to wait for its outcome. */
export interface PostBatch extends Batch {}
export class PostBatch {
  readonly #batches: Batches;
  readonly #timing: Timing;

  constructor(batch: Batch, batches: Batches, timing: Timing) {
    Object.assign(this, batch);
    this.#batches = batches;
    this.#timing = timing;
  }

  /**
   * Return the batch once no post of it is queued or running. A scheduled batch is queued until its time.
   *
   * A post that failed does not throw: read the `status` and `error` of every item in `results`.
   *
   * @throws {WaitTimeoutError} the time limit passed. The server goes on.
   */
  async wait(options: WaitOptions = {}): Promise<PostBatch> {
    const timeoutS = options.timeoutS ?? 120;
    const deadline = this.#timing.now() + timeoutS * 1000;
    let batch: PostBatch = this;
    for (let pollMs = FIRST_POLL_MS; isRunning(batch); pollMs = Math.min(pollMs * 2, MAX_POLL_MS)) {
      const leftMs = deadline - this.#timing.now();
      if (leftMs <= 0) throw new WaitTimeoutError(`Batch ${this.id} is still ${batch.status} after ${timeoutS} s.`);
      await this.#timing.sleep(Math.min(pollMs, leftMs), options.signal);
      batch = await this.#batches.get(this.id, options);
    }
    return batch;
  }
}

function isRunning({ status }: Batch): boolean {
  return status === "queued" || status === "publishing";
}

export class Batches {
  readonly #api: Api;
  readonly #timing: Timing;

  constructor(api: Api, timing: Timing) {
    this.#api = api;
    this.#timing = timing;
  }

  async get(id: string, options: CallOptions = {}): Promise<PostBatch> {
    const params = { path: { batch_id: id } };
    return this.of(data(await this.#api.GET("/v1/batches/{batch_id}", { params, ...options })));
  }

  /** Publish a draft, now or at a time. */
  async publish(id: string, body: Body<"publishBatch"> = {}, options: WriteOptions = {}): Promise<PostBatch> {
    const call = { body, ...at({ batch_id: id }, options) };
    return this.of(data(await this.#api.POST("/v1/batches/{batch_id}/publish", call)));
  }

  /** Cancel every post of a batch that can still be canceled. */
  async cancel(id: string, options: WriteOptions = {}): Promise<PostBatch> {
    return this.of(data(await this.#api.DELETE("/v1/batches/{batch_id}", at({ batch_id: id }, options))));
  }

  of(batch: Batch): PostBatch {
    return new PostBatch(batch, this, this.#timing);
  }
}

export class Posts {
  readonly #api: Api;
  readonly #batches: Batches;

  constructor(api: Api, batches: Batches) {
    this.#api = api;
    this.#batches = batches;
  }

  /**
   * Publish a post, schedule it (`scheduledAt`), or store a draft (`draft: true`).
   *
   * One broken rule rejects the whole request, and nothing is stored.
   *
   * @throws {PreflightFailedError} `violations` has every broken rule.
   */
  async create(body: CreatePost, options: CreateOptions = {}): Promise<PostBatch> {
    const { params, ...rest } = written(options);
    const prefer = options.waitS === undefined ? {} : { Prefer: preference(options.waitS) };
    const header = { ...params.header, ...prefer };
    return this.#batches.of(data(await this.#api.POST("/v1/posts", { body, params: { header }, ...rest })));
  }

  /** Run up to 100 requests, each independently of the others. Never waits for outcomes. */
  async bulk(posts: Body<"createPostsInBulk">["posts"], options: WriteOptions = {}): Promise<BulkItemResult[]> {
    return data(await this.#api.POST("/v1/posts/bulk", { body: { posts }, ...written(options) })).data;
  }

  /** Check a request, and preview what would be sent to each platform. Stores and sends nothing. */
  async validate(body: CreatePost, options: WriteOptions = {}): Promise<PostValidation> {
    return data(await this.#api.POST("/v1/posts/validate", { body, ...written(options) }));
  }

  async get(id: string, options: CallOptions = {}): Promise<PostDetail> {
    const params = { path: { post_id: id } };
    return data(await this.#api.GET("/v1/posts/{post_id}", { params, ...options }));
  }

  /** Iterate over posts, newest first. */
  list(query: Query<"listPosts"> = {}, options: CallOptions = {}): AsyncGenerator<Post, void> {
    return itemsOf(async (cursor) =>
      data(await this.#api.GET("/v1/posts", { params: { query: paged(query, cursor) }, ...options })),
    );
  }

  /** Change a post that no worker has started. */
  async update(id: string, body: ChangePost, options: WriteOptions = {}): Promise<Post> {
    return data(await this.#api.PATCH("/v1/posts/{post_id}", { body, ...at({ post_id: id }, options) }));
  }

  /** Cancel a post that no worker has started. */
  async cancel(id: string, options: WriteOptions = {}): Promise<void> {
    await this.#api.DELETE("/v1/posts/{post_id}", at({ post_id: id }, options));
  }

  /** Queue a failed, rejected, partial or canceled post again. */
  async retry(id: string, body: Body<"retryPost"> = {}, options: WriteOptions = {}): Promise<Post> {
    return data(await this.#api.POST("/v1/posts/{post_id}/retry", { body, ...at({ post_id: id }, options) }));
  }

  /** State whether an unconfirmed post was published. */
  async resolve(id: string, body: Body<"resolvePost">, options: WriteOptions = {}): Promise<Post> {
    return data(await this.#api.POST("/v1/posts/{post_id}/resolve", { body, ...at({ post_id: id }, options) }));
  }

  /** Delete a published post on its platform. */
  async unpublish(id: string, options: WriteOptions = {}): Promise<Post> {
    return data(await this.#api.POST("/v1/posts/{post_id}/unpublish", at({ post_id: id }, options)));
  }

  /** Return what happened to a post, and why. */
  async timeline(id: string, options: CallOptions = {}): Promise<PostTimeline> {
    const params = { path: { post_id: id } };
    return data(await this.#api.GET("/v1/posts/{post_id}/timeline", { params, ...options }));
  }
}

function preference(waitS: number): string {
  return waitS > 0 ? `wait=${waitS}` : "respond-async";
}

/** Return the options of `openapi-fetch` for a call that changes the object with an id. */
function at<Path>(path: Path, options: WriteOptions) {
  const { params, ...rest } = written(options);
  return { params: { ...params, path }, ...rest };
}
