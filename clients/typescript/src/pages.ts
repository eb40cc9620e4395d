/** Iteration over lists that the API returns in pages. */

export interface Page<Item> {
  data: Item[];
  nextCursor?: string | null;
}

/** Yield the items of all pages. A page is read when its first item is needed. */
export async function* itemsOf<Item>(read: (cursor?: string) => Promise<Page<Item>>): AsyncGenerator<Item, void> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield* page.data;
    // The list of events always has a next cursor. Its end is a page without items.
    cursor = page.data.length > 0 ? (page.nextCursor ?? undefined) : undefined;
  } while (cursor !== undefined);
}

/** Return the query parameters of a page: those of the caller, and the cursor after the first page. */
export function paged<Query>(query: Query, cursor: string | undefined): Query {
  return cursor === undefined ? query : { ...query, cursor };
}
