/** All rows, in the order they are measured. */
import { createAndWait } from "./create-and-wait.ts";
import { firstEvent } from "./first-event.ts";
import { react } from "./react.ts";
import type { Row } from "./row.ts";
import { start } from "./start.ts";
import { tokens16, tokens64 } from "./tokens.ts";
import { tracing } from "./tracing.ts";
import { wait } from "./wait.ts";

export const rows: readonly Row[] = [wait, createAndWait, react, firstEvent, tokens16, tokens64, tracing, start];
