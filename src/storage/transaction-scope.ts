/** The rules of a transaction that are the same on both databases: it does not nest, it ends, a failed statement fails it. */
import { AsyncLocalStorage } from "node:async_hooks";
import { SignalboxError } from "../errors.ts";
import type { Queryable, Transaction } from "./database.ts";

export interface TransactionScope {
  /** @throws SignalboxError "internal" inside a running transaction's `work` */
  assertOutside(): void;
  /**
   * Runs `work` with a `tx` whose statements go to `query`. Postgres refuses every statement after a failed one and
   * turns the commit into a rollback without a word, so here both databases give the first failure again instead.
   * @returns with `sent`, which resolves when all statements that `work` did not wait for have succeeded
   */
  run<Result>(
    query: Queryable["query"],
    work: (tx: Transaction) => Promise<Result> | Result,
  ): Promise<{ result: Result; sent: Promise<void> }>;
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
      const unawaited: Promise<unknown>[] = [];
      let failure: { error: unknown } | undefined;
      const fail = (error: unknown) => {
        failure ??= { error };
        return failure.error;
      };
      const throwFailure = () => {
        if (failure) throw failure.error;
      };
      const assertUsable = (sql: string) => {
        if (!state.open) throw new SignalboxError("internal", `The transaction of this statement has ended: ${sql}`);
        throwFailure();
      };
      const tx: Transaction = {
        async query<Row>(sql: string, values?: Parameters<Queryable["query"]>[1]): Promise<Row[]> {
          assertUsable(sql);
          try {
            return await query<Row>(sql, values);
          } catch (error) {
            throw fail(error);
          }
        },
        send(sql, values) {
          assertUsable(sql);
          unawaited.push(query(sql, values).catch(fail));
        },
      };
      try {
        const result = await running.run(state, () => work(tx));
        throwFailure();
        return { result, sent: Promise.all(unawaited).then(throwFailure) };
      } finally {
        state.open = false;
      }
    },
  };
}
