/** /openapi.json and /docs: the table of routes, to be read by programs and by people. */
import { z } from "zod";
import { docsPage, docsPolicy } from "./docs-page.ts";
import { openApiDocument } from "./openapi.ts";
import { serverVersion } from "./platform/info.ts";
import { type Route, route } from "./route.ts";
import { sendText } from "./send.ts";

/** The two routes that describe `described`, and themselves. */
export function documentationRoutes(described: readonly Route[]): Route[] {
  const routes: Route[] = [
    route({
      method: "get",
      path: "/openapi.json",
      summary: "Read this API as an OpenAPI document.",
      gives: z.record(z.string(), z.unknown()),
      answer: async () => ({ body: document() }),
    }),
    route({
      method: "get",
      path: "/docs",
      summary: "Read this API as a page.",
      async answer({ response }) {
        sendText(response, 200, "text/html; charset=utf-8", docsPage(document()), {
          "content-security-policy": docsPolicy,
        });
        return "sent";
      },
    }),
  ];
  const document = () => openApiDocument([...described, ...routes], serverVersion);
  return routes;
}
