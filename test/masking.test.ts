/** Secrets and personal data are taken out of texts and values; what only looks a little like them stays. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configure } from "../src/config.ts";
import { masked, maskPersonalData, maskSecrets, maskText } from "../src/masking.ts";

describe("Secrets", () => {
  test.each([
    ["OpenAI's key", "key sk-proj-abcDEF123456789012345 here", "key [secret] here"],
    ["Langfuse's key", "sk-lf-01234567-89ab-cdef-0123-456789abcdef", "[secret]"],
    ["Stripe's key", "sk_live_abcdefghijklmnop1234", "[secret]"],
    ["GitHub's token", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[secret]"],
    ["AWS's key id", "AKIAIOSFODNN7EXAMPLE", "[secret]"],
    ["Slack's token", "xoxb-123456789012-abcdefghijkl", "[secret]"],
    ["a JSON web token", "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl!", "token [secret]!"],
    ["a bearer's token", "Authorization: Bearer abc123def456", "Authorization: [secret]"],
    ["a password in a URL", "postgres://ada:pa55w0rd@db:5432/app", "postgres://ada:[secret]@db:5432/app"],
    ["a key in a query", "GET /v1?api_key=abcdef&page=2", "GET /v1?api_key=[secret]&page=2"],
    ["a password in a sentence", "the password: hunter2, do not tell", "the password: [secret], do not tell"],
    ["a password in JSON", '{"password":"a\\"b","user":"ada"}', '{"password":"[secret]","user":"ada"}'],
    ["a key in JSON in JSON", '{"body":"{\\"api_key\\":\\"zzz\\"}"}', '{"body":"{\\"api_key\\":\\"[secret]\\"}"}'],
    ["a private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----.", "[secret]."],
    ["a private key that was cut off", "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN", "[secret]"],
  ])("such as %s go", (_, text, expected) => {
    expect(maskSecrets(text)).toBe(expected);
    expect(maskSecrets(expected)).toBe(expected);
  });

  test("of this process's settings go, also as they stand in JSON and in URLs", () => {
    configure({ OPENAI_API_KEY: 'my "own" key/1', DATABASE_URL: "postgres://u:own-password@h/d" });
    const text = `${JSON.stringify({ is: 'my "own" key/1' })} ?k=${encodeURIComponent('my "own" key/1')} own-password`;
    expect(maskSecrets(text)).toBe('{"is":"[secret]"} ?k=[secret] [secret]');
    configure({});
    expect(maskSecrets("own-password")).toBe("own-password");
  });
});

describe("Personal data", () => {
  test.each([
    ["email addresses", "mail ada.l+x@example.co.uk, please", "mail [email], please"],
    ["telephone numbers", "+49 (0)170 1234567 or (212) 555-0123 or 0171 1234567", "[phone] or [phone] or [phone]"],
    ["card numbers", "4111 1111 1111 1111, 378282246310005", "[card], [card]"],
    ["IBANs", "DE89 3704 0044 0532 0130 00 BIC COBADEFF", "[iban] BIC COBADEFF"],
  ])("such as %s go", (_, text, expected) => {
    expect(maskPersonalData(text)).toBe(expected);
  });
});

test.each([
  "2026-11-22T12:50:21.194+01:00 and 22.11.2026, 11/22/2026, 01-02-2024",
  "v1.2.3, 24.21.0, 10.0.0.1, [::1]:8123",
  "019a1b2c-1234-7abc-8def-0123456789ab 4bf92f3577b34da6a3ce929d0e0e4736",
  "1763820000000 1234567890123456 4111111111111112 3.14159265358979",
  "ISBN 978-3-16-148410-0, 12 345 678 people, 1,234,567.89",
  "@langchain/core@1.4.0, user@host, a@b",
  "sk-learn-classification-report, risk-assessment-of-the-whole-year",
  "the password is required; api key: see the settings; bearer certificates; basic information",
  '{"max_tokens":1000,"total_tokens":12345678,"input_tokens":987654321}',
  "def token(secret): return None",
])("%s stays", (text) => {
  expect(maskText(text)).toBe(text);
});

describe("A value", () => {
  test("is masked in its keys and values, and by what its keys say", () => {
    const value = {
      "ada@example.com": 1,
      password: "x",
      apiKey: 5,
      nested: [{ note: "mail ada@example.com" }],
      ok: true,
    };
    expect(masked(value)).toEqual({
      "[email]": 1,
      password: "[secret]",
      apiKey: "[secret]",
      nested: [{ note: "mail [email]" }],
      ok: true,
    });
    expect(value.password).toBe("x");
  });

  test("that refers to itself, or has no bottom, comes to an end", () => {
    const circle: Record<string, unknown> = { name: "ring" };
    circle.self = circle;
    expect(masked(circle)).toEqual({ name: "ring", self: "[cycle]" });
    const deep = Array.from({ length: 10_000 }).reduce<unknown>((inner) => [inner], "bottom");
    expect(JSON.stringify(masked(deep))).toContain("[cut]");
    expect(JSON.stringify(masked(Array.from({ length: 200_000 }, () => 1)))).toContain("[cut]");
  });

  test("keeps a key named __proto__ a key", () => {
    const result = masked(JSON.parse('{"__proto__":{"admin":true}}'));
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(JSON.stringify(result)).toBe('{"__proto__":{"admin":true}}');
  });
});

describe("Whatever the text,", () => {
  /** Pieces that patterns begin with, so that many of them nearly match. */
  const pieces = fc.constantFrom(
    ...["a", "eyJ", "sk-", "+1", "@", ".", "password", ":", "=", "://", "-----BEGIN PRIVATE KEY-----", "\\", '"', "'"],
    ...["0", "12", " ", "AA12", "4111", "bearer ", "-", "(", ")", "_", "secret", "Z9", "\n", "é", "x@y.z"],
  );

  test("masked JSON is JSON", () => {
    const strings = fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.dictionary(strings, fc.oneof(strings, fc.array(strings), fc.boolean())), (value) => {
        const inJson = JSON.stringify({ value, again: JSON.stringify(value) });
        expect(() => JSON.parse(maskText(inJson))).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  test("what stands at the start of a line goes in JSON too", () => {
    const lines = [
      "sk-proj-abcDEF123456789012345",
      "ada@example.com",
      "4111 1111 1111 1111",
      "+49 170 1234567",
      "DE89 3704 0044 0532 0130 00",
      "password: hunter2",
      "Bearer abc123def456",
    ];
    for (const between of ["\n", "\t", "\u001b"]) {
      const value = `first${between}${lines.join(between)}`;
      const once = JSON.parse(maskText(JSON.stringify({ value })));
      const twice = JSON.parse(maskText(JSON.stringify({ value: JSON.stringify(value) })));
      for (const shown of [once.value, JSON.parse(twice.value)])
        for (const line of lines) expect(shown, JSON.stringify(shown)).not.toContain(line);
    }
  });

  test("masking twice changes nothing more", () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const once = maskText(parts.join(""));
        expect(maskText(once)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  test("the time is linear in its length", () => {
    // A pattern that backtracks would take hours for one of these, and the test its limit of time.
    fc.assert(
      fc.property(fc.array(pieces, { minLength: 1, maxLength: 3 }), (parts) => {
        const unit = parts.join("");
        maskText(unit.repeat(Math.ceil(100_000 / unit.length)));
      }),
      { numRuns: 100 },
    );
  });
});
