/** /docs: the OpenAPI document as one page that loads nothing and runs nothing. */
import type { OpenApiDocument, OpenApiOperation } from "./openapi.ts";

/** What the page may do: show itself, with its own style. */
export const docsPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

const style = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  summary { cursor: pointer; padding: .3rem 0; } details { border-top: 1px solid #8884; }
  b { display: inline-block; width: 4.5rem; } code, pre { font: 14px/1.4 ui-monospace, monospace; }
  pre { background: #8881; padding: .7rem; overflow-x: auto; } i { opacity: .7; font-style: normal; }
  :root { color-scheme: light dark; }`;

/** The page, as HTML. */
export function docsPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(method, path, operation)),
  );
  const { title, version, description } = document.info;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${style}</style>
<h1>${escapeHtml(title)} ${escapeHtml(version)}</h1>
<p>${escapeHtml(description)} The same as JSON: <a href="/openapi.json">/openapi.json</a>.</p>
${operations.join("\n")}
</html>`;
}

function section(method: string, path: string, operation: OpenApiOperation): string {
  const { summary, parameters, requestBody, responses } = operation;
  const parts = parameters.map(({ name, in: place, required, schema }) =>
    shape(`${name} (${place}${required ? "" : ", optional"})`, schema),
  );
  if (requestBody) parts.push(...shapes("body", requestBody.content));
  for (const [status, response] of Object.entries(responses)) {
    if (response.content) parts.push(...shapes(status, response.content));
    else parts.push(`<p>${escapeHtml(status)}: no body</p>`);
  }
  return `<details><summary><b>${escapeHtml(method.toUpperCase())}</b> <code>${escapeHtml(path)}</code> <i>${escapeHtml(summary)}</i></summary>
${parts.join("\n")}</details>`;
}

function shapes(label: string, content: Record<string, { schema: object }>): string[] {
  return Object.entries(content).map(([type, { schema }]) => shape(`${label} (${type})`, schema));
}

function shape(label: string, schema: object): string {
  return `<p>${escapeHtml(label)}</p><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
