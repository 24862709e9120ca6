/** Single writes that come at the same time are committed together: a commit costs more than the writes in it. */
import type { Database as Connection } from "better-sqlite3";
import type { Mutex } from "./mutex.ts";

export interface GroupCommit {
  /** Runs a write in its turn; resolves with its rows when they are committed, and fails alone where it fails. */
  write<Row>(run: () => Row[]): Promise<Row[]>;
  /** Resolves when all writes that were asked for have been settled. */
  settled(): Promise<void>;
}

interface Member {
  run(): unknown;
  resolve(rows: unknown): void;
  reject(error: unknown): void;
}

/** After so many groups of one, a writer is taken to be alone, and does not wait for company. */
const aloneAfter = 4;

/** @param connection the writing one; @param mutex what every writer holds, transactions too */
export function createGroupCommit(connection: Connection, mutex: Mutex): GroupCommit {
  const begin = connection.prepare("BEGIN IMMEDIATE");
  const commit = connection.prepare("COMMIT");
  const rollback = connection.prepare("ROLLBACK");
  let group: Member[] = [];
  let groupsOfOne = 0;

  async function flush(): Promise<void> {
    await mutex.acquire();
    const members = group;
    group = [];
    groupsOfOne = members.length > 1 ? 0 : groupsOfOne + 1;
    try {
      if (members.length > 1) runTogether(members);
      else for (const member of members) settle(member);
    } finally {
      mutex.release();
    }
  }

  function runTogether(members: readonly Member[]): void {
    const outcomes: (() => void)[] = [];
    try {
      begin.run();
      for (const { run, resolve, reject } of members) {
        try {
          const rows = run();
          outcomes.push(() => resolve(rows));
        } catch (error) {
          // A statement that fails takes back what it did, and no more. A full disk ends the whole transaction.
          if (!connection.inTransaction) throw error;
          outcomes.push(() => reject(error));
        }
      }
      commit.run();
    } catch (error) {
      if (connection.inTransaction) rollback.run();
      for (const { reject } of members) reject(error);
      return;
    }
    for (const tell of outcomes) tell();
  }

  return {
    write<Row>(run: () => Row[]): Promise<Row[]> {
      const { promise, resolve, reject } = Promise.withResolvers<Row[]>();
      group.push({ run, resolve: (rows) => resolve(rows as Row[]), reject });
      if (group.length === 1) {
        const company = groupsOfOne < aloneAfter ? setImmediate : process.nextTick;
        company(() => void flush());
      }
      return promise;
    },
    async settled() {
      while (group.length > 0) await new Promise(setImmediate);
    },
  };
}

function settle({ run, resolve, reject }: Member): void {
  try {
    resolve(run());
  } catch (error) {
    reject(error);
  }
}
