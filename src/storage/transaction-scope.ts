/** The rules of a transaction that are the same on both databases: it does not nest, it ends, a failed statement fails it. */
import { AsyncLocalStorage } from "node:async_hooks";
import { SignalboxError } from "../errors.ts";
import type { Queryable } from "./database.ts";

export interface TransactionScope {
  /** @throws SignalboxError "internal" inside a running transaction's `work` */
  assertOutside(): void;
  /**
   * Runs `work` with a `tx` whose statements go to `query`. Postgres refuses every statement after a failed one and
   * turns the commit into a rollback without a word, so here both databases give the first failure again instead.
   */
  run<Result>(query: Queryable["query"], work: (tx: Queryable) => Promise<Result>): Promise<Result>;
}

export function createTransactionScope(): TransactionScope {
  const running = new AsyncLocalStorage<{ open: boolean }>();
  return {
    assertOutside() {
      if (running.getStore()?.open) {
        throw new SignalboxError(
          "internal",
          "The database was used inside a transaction's work: transactions do not nest, and work awaits nothing but its tx.",
        );
      }
    },

    async run(query, work) {
      const state = { open: true };
      let failure: { error: unknown } | undefined;
      const tx: Queryable = {
        async query<Row>(sql: string, values?: Parameters<Queryable["query"]>[1]): Promise<Row[]> {
          if (!state.open) throw new SignalboxError("internal", `The transaction of this statement has ended: ${sql}`);
          if (failure) throw failure.error;
          try {
            return await query<Row>(sql, values);
          } catch (error) {
            failure ??= { error };
            throw error;
          }
        },
      };
      try {
        const result = await running.run(state, () => work(tx));
        if (failure) throw failure.error;
        return result;
      } finally {
        state.open = false;
      }
    },
  };
}
