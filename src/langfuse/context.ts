/** OpenTelemetry's current context, carried along by Node, so that what a node traces by itself lands in its run's trace. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, type ContextManager, context, ROOT_CONTEXT } from "@opentelemetry/api";

const storage = new AsyncLocalStorage<Context>();

const manager: ContextManager = {
  active: () => storage.getStore() ?? ROOT_CONTEXT,
  with: (current, work, self, ...given) => storage.run(current, () => work.apply(self, given)),
  bind: (current, target) => {
    if (typeof target !== "function") return target;
    const bound = (...given: unknown[]) => storage.run(current, () => target(...given));
    return bound as typeof target;
  },
  enable: () => manager,
  disable: () => manager,
};

/** A manager that a user's own code has set stays. */
export function ensureContextManager(): void {
  context.setGlobalContextManager(manager);
}
