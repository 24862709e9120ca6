/** Which texts of this process are prompts of Langfuse's, so that a model's call with one of them is linked to it. */

/** A prompt's name and version, by which Langfuse knows it. */
export interface PromptVersion {
  readonly name: string;
  readonly version: number;
}

/** Prompts change; what is kept of their texts must be bounded. */
const mostTexts = 200;
const texts = new Map<string, PromptVersion>();

/** Says that this text is that version of a prompt. */
export function linkText(text: string, { name, version }: PromptVersion): void {
  texts.delete(text);
  texts.set(text, { name, version });
  const oldest = texts.size > mostTexts ? texts.keys().next().value : undefined;
  if (oldest !== undefined) texts.delete(oldest);
}

/** The prompt whose text stands in one of these messages, the longest if there are several. */
export function linkedPrompt(messages: readonly string[]): (PromptVersion & { isFallback: false }) | undefined {
  let found: string | undefined;
  for (const text of texts.keys())
    if (text.length > (found?.length ?? 0) && messages.some((message) => message.includes(text))) found = text;
  const prompt = found === undefined ? undefined : texts.get(found);
  return prompt && { ...prompt, isFallback: false };
}
