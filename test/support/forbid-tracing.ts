/** A preload that ends the process when it resolves a module that only tracing needs. */
import { registerHooks } from "node:module";

const forbidden = /^(@langfuse\/|@opentelemetry\/(sdk|exporter|core|otlp))/;

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (forbidden.test(specifier)) process.exit(99);
    return nextResolve(specifier, context);
  },
});
