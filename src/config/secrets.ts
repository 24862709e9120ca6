/** Which values of the environment are secrets, so that they can be kept out of what leaves the process. */

/** A setting with such a word in its name holds a secret. */
const secretName = /(^|_)(KEY|KEYS|TOKEN|SECRET|PASSWORD|PASSWD|PASS|CREDENTIALS?)(_|$)/i;
/** The same words, but where a secret is kept, or one that everybody may know. */
const harmlessName = /(PUBLIC_KEY|_(FILE|PATH|DIR|URL|ID|NAME))$/i;
/** Shorter ones would be found in harmless text. */
const shortest = 8;

/**
 * The secrets of an environment, longest first: the values of variables whose names say so, the parts of lists such as
 * API_KEYS, the values of headers and of MCP_SERVERS, and the passwords in URLs. None is shorter than 8 characters.
 */
export function secretsOf(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const found = new Set<string>();
  for (const [name, value] of Object.entries(environment)) {
    if (!value) continue;
    const parts = isSecret(name) ? partsOf(name, value) : [];
    for (const part of [...parts, ...passwordsIn(value)]) if (part.length >= shortest) found.add(part);
  }
  return Object.freeze([...found].sort((one, other) => other.length - one.length));
}

const otlpHeaders = new Set(["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"]);
const lists = new Set(["API_KEYS", "API_HEADER", "MCP_SERVERS", ...otlpHeaders]);

function isSecret(name: string): boolean {
  return lists.has(name) || (secretName.test(name) && !harmlessName.test(name));
}

function partsOf(name: string, value: string): string[] {
  if (name === "API_KEYS") return value.split(",").map((pair) => pair.slice(pair.indexOf(":") + 1).trim());
  if (name === "API_HEADER") return wordsOf(value.slice(value.indexOf(":") + 1));
  if (otlpHeaders.has(name))
    return value.split(",").flatMap((pair) => wordsOf(decoded(pair.slice(pair.indexOf("=") + 1))));
  return name === "MCP_SERVERS" ? secretsInJson(value) : [value];
}

/** `Bearer KEY` and KEY: either may turn up without the other. */
function wordsOf(header: string): string[] {
  const [scheme = "", ...rest] = header.trim().split(" ");
  return rest.length > 0 ? rest : [scheme];
}

/** Of servers that are started or called: their headers and their environments. */
function secretsInJson(text: string): string[] {
  const found: string[] = [];
  try {
    JSON.parse(text, (key, value: unknown) => {
      if (key === "headers" || key === "env")
        found.push(...Object.values(Object(value)).flatMap((each) => wordsOf(String(each))));
      return value;
    });
  } catch {
    // The path of a file: what reads it says if it is wrong.
  }
  return found;
}

/** One that is the user's or the database's own name is no secret to anybody, and a common word. */
function passwordsIn(value: string): string[] {
  if (!value.includes("://") || !URL.canParse(value)) return [];
  const { password, username, pathname } = new URL(value);
  if (password === "" || password === username || `/${password}` === pathname) return [];
  return [password, decoded(password)];
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.trim());
  } catch {
    return value;
  }
}
