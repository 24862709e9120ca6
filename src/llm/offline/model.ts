/** The offline model as LangChain knows chat models: it streams, reports usage, and takes tools and schemas. */
import { setImmediate } from "node:timers/promises";
