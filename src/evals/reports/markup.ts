/** HTML and SVG by template, where every value is escaped unless it is markup itself. */

/** Text that is known to be safe markup: only `html` makes it. */
export interface Markup {
  readonly markup: string;
}

type Value = string | number | Markup | undefined | false | readonly Value[];

/**
 * A template tag for HTML and SVG. Strings and numbers are escaped, for text and for attributes in double quotes;
 * undefined and false are left out; lists are joined.
 * @example html`<p title="${title}">${items.map((item) => html`<b>${item}</b>`)}</p>`
 */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const parts = strings.map((text, index) => text + (index < values.length ? written(values[index]) : ""));
  return { markup: parts.join("") };
}

function written(value: Value): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "string" || typeof value === "number") return escaped(String(value));
  return "markup" in value ? value.markup : value.map(written).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand in HTML or XML; characters that XML has no place for become U+FFFD. */
export function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}
