/** What every database behind the seam has to do: one suite, run over each by a file of its own. */
import { describe } from "vitest";
import { type DatabaseKind, describeDatabase } from "../support/databases.ts";
import { checkpointTests } from "./conformance-checkpoints.ts";
import { dialectTests } from "./conformance-dialect.ts";
import { serverTests } from "./conformance-server.ts";
import { transactionTests } from "./conformance-transactions.ts";
import { valueTests } from "./conformance-values.ts";

export function conformance(kind: DatabaseKind): void {
  describe(`the storage seam on ${kind}`, () => {
    describeDatabase(kind, (open) => {
      valueTests(open);
      dialectTests(open);
      transactionTests(open);
      checkpointTests(open);
    });
    serverTests(kind);
  });
}
