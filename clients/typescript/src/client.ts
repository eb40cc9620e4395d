/** The client: one object per API key. */
import createClient, { type Client } from "openapi-fetch";
import { data, written } from "./calls.js";
import { MediaItems } from "./media.js";
import { itemsOf, paged } from "./pages.js";
import { Batches, Posts } from "./posts.js";
import type { paths } from "./schema.js";
import { EventStream, type StreamOptions } from "./stream.js";
import { Transport, type TransportOptions } from "./transport.js";
import type {
  Account,
  Body,
  CallOptions,
  Event,
  NewWebhookEndpoint,
  Query,
  WebhookEndpoint,
  WriteOptions,
} from "./types.js";

/** Typed calls of every operation. A call that fails throws, so `error` of its result is never set. */
export type Api = Client<paths>;

export class Letmepost {
  /** Every operation of the API by method and path, for those without a method of their own. */
  readonly api: Api;
  readonly posts: Posts;
  readonly batches: Batches;
  readonly media: MediaItems;
  readonly events: Events;
  readonly accounts: Accounts;
  readonly webhookEndpoints: WebhookEndpoints;

  constructor(options: TransportOptions) {
    const transport = new Transport(options);
    this.api = createClient<paths>({
      baseUrl: transport.baseUrl,
      fetch: (request) => {
        transport.authorize(request);
        // The bodies of these calls are JSON of at most 8 MiB, so a copy for each retry is acceptable.
        return transport.send(() => request.clone(), { signal: request.signal });
      },
    });
    this.batches = new Batches(this.api, transport.timing);
    this.posts = new Posts(this.api, this.batches);
    this.media = new MediaItems(this.api, transport);
    this.events = new Events(this.api, transport);
    this.accounts = new Accounts(this.api);
    this.webhookEndpoints = new WebhookEndpoints(this.api);
  }
}

class Events {
  readonly #api: Api;
  readonly #transport: Transport;

  constructor(api: Api, transport: Transport) {
    this.#api = api;
    this.#transport = transport;
  }

  /** Iterate over the stored events, oldest first. Ends after the newest one. */
  list(query: Query<"listEvents"> = {}, options: CallOptions = {}): AsyncGenerator<Event, void> {
    return itemsOf(async (cursor) =>
      data(await this.#api.GET("/v1/events", { params: { query: paged(query, cursor) }, ...options })),
    );
  }

  /** Follow events as they happen. */
  stream(options: StreamOptions = {}): EventStream {
    return new EventStream(this.#transport, options);
  }
}

class Accounts {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  async get(id: string, options: CallOptions = {}): Promise<Account> {
    return data(await this.#api.GET("/v1/accounts/{account_id}", { params: { path: { account_id: id } }, ...options }));
  }

  /** Iterate over accounts, newest first. */
  list(query: Query<"listAccounts"> = {}, options: CallOptions = {}): AsyncGenerator<Account, void> {
    return itemsOf(async (cursor) =>
      data(await this.#api.GET("/v1/accounts", { params: { query: paged(query, cursor) }, ...options })),
    );
  }

  /** Create a connected account of a simulated platform. Requires a test key. */
  async createSandbox(body: Body<"createSandboxAccount">, options: WriteOptions = {}): Promise<Account> {
    return data(await this.#api.POST("/v1/sandbox/accounts", { body, ...written(options) }));
  }
}

class WebhookEndpoints {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Create an endpoint. Store its `signingSecret`: it is shown only once. */
  async create(body: Body<"createWebhookEndpoint">, options: WriteOptions = {}): Promise<NewWebhookEndpoint> {
    return data(await this.#api.POST("/v1/webhook-endpoints", { body, ...written(options) }));
  }

  /** Iterate over endpoints, newest first. */
  list(query: Query<"listWebhookEndpoints"> = {}, options: CallOptions = {}): AsyncGenerator<WebhookEndpoint, void> {
    return itemsOf(async (cursor) =>
      data(
        await this.#api.GET("/v1/webhook-endpoints", {
          params: { query: paged(query, cursor) },
          ...options,
        }),
      ),
    );
  }

  async delete(id: string, options: WriteOptions = {}): Promise<void> {
    const { params, ...rest } = written(options);
    const path = { endpoint_id: id };
    await this.#api.DELETE("/v1/webhook-endpoints/{endpoint_id}", { params: { ...params, path }, ...rest });
  }
}
