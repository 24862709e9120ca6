/** Takes out what neither a model nor a user is to read, as the policy of a graph has it. */
import { maskPersonalData, maskSecrets } from "../../src/masking.ts";
import { type GuardContext, invisible } from "./input-guard.ts";

/** Lines of a private key without its first, as a chunk or a quotation has them. */
const keyLines = /^(?:[A-Za-z0-9+/]{48,76}={0,2}[ \t]*(?:\n|$)){2,}/gm;

/** Replaces secrets, and personal data unless the policy allows it; also where signs are hidden in them. */
export function masker({ pii }: Pick<GuardContext, "pii">): (text: string) => string {
  const secrets = (text: string) => maskSecrets(text).replace(keyLines, "[secret]\n");
  const mask = pii === "allow" ? secrets : (text: string) => maskPersonalData(secrets(text));
  return (text) => {
    const bare = text.replace(invisible, "");
    const masked = mask(bare);
    return masked === bare ? text : masked;
  };
}
