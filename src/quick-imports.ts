/**
 * Shortens the start. LangGraph and what it needs are 600 small ES modules, and for each import between them Node looks
 * for the file, its package.json and its format: two fifths of the whole start. Here the answer is known beforehand.
 */
import { registerHooks } from "node:module";

/** Packages whose `.js` files are all ES modules; an `.mjs` is one everywhere. */
const modules = /\/node_modules\/(@langchain\/[a-z-]+|langchain|zod)\//;

/** From here on, relative imports inside packages are taken at their word. */
export function quickenImports(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL = "", conditions } = context;
      if (isKnown(specifier, parentURL) && conditions.includes("import")) {
        return { url: new URL(specifier, parentURL).href, format: "module", shortCircuit: true };
      }
      return next(specifier, context);
    },
  });
}

function isKnown(specifier: string, parent: string): boolean {
  if (!specifier.startsWith(".")) return false;
  if (specifier.endsWith(".mjs")) return parent.includes("/node_modules/");
  return specifier.endsWith(".js") && modules.test(parent);
}
