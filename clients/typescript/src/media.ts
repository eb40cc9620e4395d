/** Media items: upload, import, and read. */
import { ApiError } from "./errors.js";
import type { Api } from "./client.js";
import { data, written } from "./calls.js";
import { itemsOf, paged } from "./pages.js";
import { randomKey, type Transport } from "./transport.js";
import type { Body, CallOptions, Media, Query, WriteOptions } from "./types.js";

export interface UploadOptions extends WriteOptions {
  /** Default: the name of a `File`. */
  filename?: string;
  /** The profile that the file is for. Default: that of the key, or the default profile. */
  profileId?: string;
}

export interface StreamUploadOptions extends UploadOptions {
  /** The exact number of bytes that the stream yields. */
  sizeBytes: number;
}

/** Larger files are sent to an upload URL, which accepts up to 4 GiB and can be retried without a copy in memory. */
const FORM_MAX_BYTES = 8 * 1024 * 1024;

export class MediaItems {
  readonly #api: Api;
  readonly #transport: Transport;

  constructor(api: Api, transport: Transport) {
    this.#api = api;
    this.#transport = transport;
  }

  /**
   * Upload a file. Its type is detected from its bytes.
   *
   * A `Blob` is retried like every other call. A stream can be sent only once. Browsers send streams only over HTTP/2.
   */
  upload(file: Blob, options?: UploadOptions): Promise<Media>;
  upload(file: ReadableStream<Uint8Array>, options: StreamUploadOptions): Promise<Media>;
  async upload(
    file: Blob | ReadableStream<Uint8Array>,
    options: UploadOptions & { sizeBytes?: number } = {},
  ): Promise<Media> {
    const filename = options.filename ?? (file instanceof Blob && "name" in file ? String(file.name) : undefined);
    if (file instanceof Blob && file.size <= FORM_MAX_BYTES) return this.#uploadForm(file, filename, options);
    const sizeBytes = file instanceof Blob ? file.size : options.sizeBytes;
    if (sizeBytes === undefined) throw new TypeError("Uploading a stream requires `sizeBytes`.");
    return this.#uploadToUrl(file, sizeBytes, filename, options);
  }

  /** Import the file at a URL. */
  async import(body: Body<"importMedia">, options: WriteOptions = {}): Promise<Media> {
    return data(await this.#api.POST("/v1/media/import", { body, ...written(options) }));
  }

  async get(id: string, options: CallOptions = {}): Promise<Media> {
    return data(await this.#api.GET("/v1/media/{media_id}", { params: { path: { media_id: id } }, ...options }));
  }

  /** Iterate over media items, newest first. */
  list(query: Query<"listMedia"> = {}, options: CallOptions = {}): AsyncGenerator<Media, void> {
    return itemsOf(async (cursor) =>
      data(await this.#api.GET("/v1/media", { params: { query: paged(query, cursor) }, ...options })),
    );
  }

  async delete(id: string, options: WriteOptions = {}): Promise<void> {
    const { params, ...rest } = written(options);
    await this.#api.DELETE("/v1/media/{media_id}", { params: { ...params, path: { media_id: id } }, ...rest });
  }

  async #uploadForm(file: Blob, filename: string | undefined, options: UploadOptions): Promise<Media> {
    const query = options.profileId === undefined ? "" : `?${new URLSearchParams({ profileId: options.profileId })}`;
    const form = new FormData();
    form.append("file", file, filename ?? "file");
    // Each attempt has another boundary, but the same key: the server compares the file and the fields.
    const headers = { "Idempotency-Key": options.idempotencyKey ?? randomKey() };
    const response = await this.#transport.send(
      () => this.#transport.request(`/v1/media${query}`, { method: "POST", body: form, headers }),
      { signal: options.signal, limited: false },
    );
    return (await response.json()) as Media;
  }

  async #uploadToUrl(
    file: Blob | ReadableStream<Uint8Array>,
    sizeBytes: number,
    filename: string | undefined,
    options: UploadOptions,
  ): Promise<Media> {
    const { profileId, signal } = options;
    const name = filename === undefined ? {} : { filename };
    const body = { sizeBytes, ...name, ...(profileId === undefined ? {} : { profileId }) };
    const { id, upload } = data(await this.#api.POST("/v1/media/uploads", { body, ...written(options) }));
    // `duplex` is required for a stream: https://fetch.spec.whatwg.org/#dom-requestinit-duplex.
    const init: RequestInit & { duplex: "half" } = { ...upload, body: file, duplex: "half" };
    const retries = file instanceof Blob ? {} : { retries: 0 };
    try {
      await this.#transport.send(() => new Request(upload.url, init), { signal, limited: false, ...retries });
    } catch (error) {
      // 409: an earlier attempt has delivered the bytes, and its response was lost.
      if (!(error instanceof ApiError && error.status === 409)) throw error;
    }
    const path = { media_id: id };
    return data(await this.#api.POST("/v1/media/{media_id}/complete", { params: { path }, ...(signal && { signal }) }));
  }
}
