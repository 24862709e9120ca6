/** LangGraph's long-term store over the seam: items under namespaces, of one owner. It has no vector index. */
import {
  BaseStore,
  type GetOperation,
  type Item,
  type ListNamespacesOperation,
  type Operation,
  type OperationResults,
  type PutOperation,
  type SearchItem,
  type SearchOperation,
  validateNamespace,
} from "@langchain/langgraph-checkpoint";
import { ownedBy } from "./conditions.ts";
import type { Database, Queryable } from "./database.ts";
import { type Filter, matchesFilter, matchesNamespace } from "./memory-filter.ts";
import { decode, encode } from "./serializer.ts";

/** Joins the labels of a namespace, none of which contains it; what follows it among the bytes ends a prefix' range. */
const separator = ":";
const afterSeparator = ";";
/** How many items a filtered search reads at a time. */
const pageSize = 200;

interface Row {
  namespace: string;
  key: string;
  value: Uint8Array;
  created_at: number;
  updated_at: number;
}

const columns = "namespace, key, value, created_at, updated_at";

/**
 * The store of one owner. As LangGraph's InMemoryStore without an index, it ignores a search's `query`. Items come in
 * the order in which they were first put, namespaces in the order of their bytes.
 */
export function createStore(database: Database, scope: { owner: string }): BaseStore {
  return new Store(database, scope.owner);
}

class Store extends BaseStore {
  readonly #database: Database;
  readonly #owner: string;

  constructor(database: Database, owner: string) {
    super();
    this.#database = database;
    this.#owner = owner;
  }

  /** Reads first, then writes, all of them or none; of several puts to one key the last counts. */
  async batch<Operations extends Operation[]>(operations: Operations): Promise<OperationResults<Operations>> {
    const puts = new Map<string, PutOperation>();
    const results = await Promise.all(
      operations.map((operation) => {
        if ("namespacePrefix" in operation) return this.#search(operation);
        if (!("namespace" in operation)) return this.#listNamespaces(operation);
        validateNamespace(operation.namespace, { allowReservedRoot: true });
        if (!("value" in operation)) return this.#get(operation);
        puts.set(JSON.stringify([operation.namespace, operation.key]), operation);
        return undefined;
      }),
    );
    const [first, ...others] = puts.values();
    if (first && others.length === 0) await this.#put(this.#database, first);
    else if (first) {
      await this.#database.transaction(async (tx) => {
        for (const operation of puts.values()) await this.#put(tx, operation);
      });
    }
    return results as OperationResults<Operations>;
  }

  async #get({ namespace, key }: GetOperation): Promise<Item | null> {
    const [row] = await this.#database.query<Row>(
      `SELECT ${columns} FROM store_items WHERE owner = $1 AND namespace = $2 AND key = $3`,
      [this.#owner, namespace.join(separator), key],
    );
    return row ? toItem(row) : null;
  }

  async #put(queryable: Queryable, { namespace, key, value }: PutOperation): Promise<void> {
    const place = [this.#owner, namespace.join(separator), key];
    if (value === null) {
      await queryable.query("DELETE FROM store_items WHERE owner = $1 AND namespace = $2 AND key = $3", place);
      return;
    }
    await queryable.query(
      `INSERT INTO store_items (owner, ${columns}) VALUES ($1, $2, $3, $4, $5, $5)
       ON CONFLICT (owner, namespace, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
      [...place, encode(value), Date.now()],
    );
  }

  async #search({ namespacePrefix, filter, limit = 10, offset = 0 }: SearchOperation): Promise<SearchItem[]> {
    if (namespacePrefix.length > 0) validateNamespace(namespacePrefix, { allowReservedRoot: true });
    if (!filter) return (await this.#page(namespacePrefix, { limit, offset })).map(toSearchItem);
    const found: SearchItem[] = [];
    for (let start = 0; found.length < offset + limit; start += pageSize) {
      const page = await this.#page(namespacePrefix, { limit: pageSize, offset: start });
      found.push(...page.map(toSearchItem).filter(({ value }) => matchesFilter(value, filter as Filter)));
      if (page.length < pageSize) break;
    }
    return found.slice(offset, offset + limit);
  }

  async #page(prefix: string[], { limit, offset }: { limit: number; offset: number }): Promise<Row[]> {
    const conditions = ownedBy(this.#owner);
    if (prefix.length > 0) {
      const whole = prefix.join(separator);
      conditions.add(
        "(namespace = ? OR (namespace >= ? AND namespace < ?))",
        whole,
        whole + separator,
        whole + afterSeparator,
      );
    }
    const page = `LIMIT ${conditions.bind(limit)} OFFSET ${conditions.bind(offset)}`;
    return await this.#database.query(
      `SELECT ${columns} FROM store_items WHERE ${conditions.sql} ORDER BY created_at, namespace, key ${page}`,
      conditions.values,
    );
  }

  async #listNamespaces(operation: ListNamespacesOperation): Promise<string[][]> {
    const { matchConditions = [], maxDepth, offset = 0, limit = Number.POSITIVE_INFINITY } = operation;
    const rows = await this.#database.query<{ namespace: string }>(
      "SELECT DISTINCT namespace FROM store_items WHERE owner = $1 ORDER BY namespace",
      [this.#owner],
    );
    const namespaces = rows
      .map(({ namespace }) => namespace.split(separator))
      .filter((labels) => matchConditions.every((condition) => matchesNamespace(labels, condition)))
      .map((labels) => labels.slice(0, maxDepth).join(separator));
    return [...new Set(namespaces)].slice(offset, offset + limit).map((namespace) => namespace.split(separator));
  }
}

function toItem({ namespace, key, value, created_at, updated_at }: Row): Item {
  return {
    namespace: namespace.split(separator),
    key,
    value: decode(value) as Item["value"],
    createdAt: new Date(created_at),
    updatedAt: new Date(updated_at),
  };
}

function toSearchItem(row: Row): SearchItem {
  return { ...toItem(row), score: undefined };
}
