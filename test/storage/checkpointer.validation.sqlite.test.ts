/** LangGraph's conformance suite on SQLite. */
import { validateCheckpointer } from "./checkpointer.validation.ts";

validateCheckpointer("sqlite");
