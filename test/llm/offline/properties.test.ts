/** What holds of the offline model for any text and any schema. */
import { fc, test } from "@fast-check/vitest";
