/** LangGraph's conformance suite on Postgres. */
import { validateCheckpointer } from "./checkpointer.validation.ts";

validateCheckpointer("postgres");
