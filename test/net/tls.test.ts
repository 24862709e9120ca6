/** Outgoing requests over TLS. */
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guardedFetch } from "../../src/net/guarded-fetch.ts";
import { createCertificate } from "./certificate.ts";
import { listenOnLoopback } from "./loopback.ts";

const certificate = createCertificate();
let location = "";
const server = createServer(certificate, (request, response) => {
  if (request.url === "/away") response.writeHead(302, { location }).end();
  else response.end(`secret for ${request.headers.host}`);
});
const usual = getCACertificates("default");
let allowedHosts: string[] = [];
let port = 0;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
  allowedHosts = [`localhost:${port}`, `other.example:${port}`];
});
afterAll(() => {
  setDefaultCACertificates(usual);
  server.close();
  server.closeAllConnections();
});
const resolve = async () => [{ address: "127.0.0.1", family: 4 }];

describe("A request over TLS", () => {
  test("is refused where nobody vouches for the site", async () => {
    const sent = guardedFetch(`https://localhost:${port}/`, { allowedHosts });
    await expect(sent).rejects.toThrow(/did not answer as it should: self-signed certificate/);
  });

  test("is answered where somebody does, by the name in the URL", async () => {
    setDefaultCACertificates([...usual, certificate.cert]);
    const response = await guardedFetch(`https://localhost:${port}/`, { allowedHosts });
    expect(await response.text()).toBe(`secret for localhost:${port}`);
    const sent = guardedFetch(`https://other.example:${port}/`, { allowedHosts, resolve });
    await expect(sent).rejects.toThrow(/does not match certificate's altnames/);
  });

  test("is not followed to where there is no TLS", async () => {
    setDefaultCACertificates([...usual, certificate.cert]);
    const plain = await listenOnLoopback((_, response) => response.end());
    location = plain.url;
    const sent = guardedFetch(`https://localhost:${port}/away`, { allowedHosts: [...allowedHosts, plain.host] });
    await expect(sent).rejects.toThrow(/redirects from https to http, which is not followed/);
    expect(plain.requests).toEqual([]);
  });
});
