/** Where Signalbox may call: public addresses, and what the operator allows. */
import { promises as dns, type LookupAddress } from "node:dns";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { SignalboxError } from "../errors.ts";

/** Finds the addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** The only IPv6 addresses that are given out for the public internet. */
const publicIPv6 = ipaddr.IPv6.parseCIDR("2000::/3");
/** Public by its number, but answered by the cloud (Azure) that the machine runs in. */
const cloudAddress = "168.63.129.16";

export const resolveByDns: Resolve = (hostname) => dns.lookup(hostname, { all: true });

/** True for unicast addresses of the public internet; false for all others, and for forms that wrap another address. */
function isPublicAddress(address: string): boolean {
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed instanceof ipaddr.IPv6 ? parsed.match(publicIPv6) : parsed.toString() !== cloudAddress;
}

/**
 * The addresses that a request for `url` may connect to, and no others: whoever connects must not look them up again,
 * since the answer may have changed. `allowedHosts` (`host` or `host:port`) may be anywhere.
 * @throws SignalboxError "outgoing-refused" where it leads elsewhere; "outgoing-failed" for an unknown host
 */
export async function findAddresses(
  url: URL,
  allowedHosts: readonly string[],
  resolve: Resolve,
): Promise<readonly LookupAddress[]> {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw refusal(url, `${url.protocol} is not called, only http: and https:`);
  }
  if (url.username || url.password) throw refusal(url, "a user name or password in a URL is not sent");
  const hostname = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const family = isIP(hostname);
  const addresses = family === 0 ? await lookUp(hostname, resolve) : [{ address: hostname, family }];
  if (!isAllowed(url, allowedHosts) && !addresses.every(({ address }) => isPublicAddress(address))) {
    throw refusal(
      url,
      "it is not on the public internet. The operator can allow a service of their own with ALLOWED_OUTGOING_HOSTS",
    );
  }
  return addresses;
}

function isAllowed(url: URL, allowedHosts: readonly string[]): boolean {
  return allowedHosts.includes(url.hostname.replace(/\.$/, "")) || allowedHosts.includes(hostAndPort(url));
}

/** `host:port`, as allowed hosts are written. */
export function hostAndPort(url: URL): string {
  const hostname = url.hostname.replace(/\.$/, "");
  return `${hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`;
}

async function lookUp(hostname: string, resolve: Resolve): Promise<readonly LookupAddress[]> {
  const addresses = await resolve(hostname).catch(() => []);
  if (addresses.length > 0) return addresses;
  throw new SignalboxError("outgoing-failed", `There is no host ${hostname}. Check the spelling of the address.`);
}

function refusal(url: URL, reason: string): SignalboxError {
  return new SignalboxError("outgoing-refused", `${url.protocol}//${url.host} is not called: ${reason}.`);
}
