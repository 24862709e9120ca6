/** Counts how often a database is waited for, which on Postgres is what a run costs most. */
import type { Database } from "../../src/storage/database.ts";

/** @returns the database, with the number of statements waited for, and of commits, so far */
export function countRoundTrips(database: Database): Database & { readonly roundTrips: number } {
  let roundTrips = 0;
  return {
    ...database,
    query(sql, values) {
      roundTrips++;
      return database.query(sql, values);
    },
    async transaction(work) {
      const result = await database.transaction((tx) =>
        work({
          ...tx,
          query(sql, values) {
            roundTrips++;
            return tx.query(sql, values);
          },
        }),
      );
      roundTrips++;
      return result;
    },
    get roundTrips() {
      return roundTrips;
    },
  };
}
