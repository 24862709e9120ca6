/** A conversation that outgrows the window is summarised for the model. The messages themselves stay as they are. */
import { HumanMessage } from "@langchain/core/messages";
import { chatModel } from "../../src/llm/chat-model.ts";
import { exceeded, meter } from "../shared/budget.ts";
import { isInjection } from "../shared/input-guard.ts";
import { createOutputGuard } from "../shared/output-guard.ts";
import { filtered, unheard } from "../shared/release.ts";
import { evidenceOf, promptOf, unsummarised } from "./prompt.ts";
import { type AssistantState, type Node, settingsOf } from "./state.ts";

const summarising =
  "Summarise the conversation so far for yourself: what the user wants, has stated and was told, with names, numbers and " +
  "dates as they stand. Plain sentences, 300 words at most. Do not answer anything.";
const asking = new HumanMessage("Summarise the conversation.");

/** Of a sentence's terms: a summary has words of its own. All its names and numbers have to be there. */
const enough = 0.2;
/** Roughly, over languages and tokenizers. */
const charactersPerToken = 4;

/** True if the model would have to read more than the window: what was summarised before does not count. */
export function isTooLong(state: AssistantState, window: number): boolean {
  const length = unsummarised(state).reduce((sum, { text }) => sum + text.length, 0);
  return length > window * charactersPerToken;
}

/** Without a budget for it, the model gets the whole conversation. */
export const summarise: Node = async (state, runtime) => {
  const earlier = state.messages.slice(
    0,
    state.messages.findLastIndex((message) => HumanMessage.isInstance(message)),
  );
  const last = earlier.at(-1);
  if (last?.id === undefined || last.id === state.summarised || exceeded(state, runtime)) return {};
  const settings = settingsOf(runtime);
  const { config, spent } = meter(state, runtime);
  const model = await chatModel(runtime, "summarise");
  const request = promptOf({ ...state, messages: [...earlier, asking], passages: [] }, settings, summarising);
  const { text } = await model.invoke(request, unheard(config));
  // What stands in the state users can see, so that the guard reads this too.
  const { texts } = evidenceOf({ ...state, passages: [] }, settings);
  const lenient = { ...settings, grounding: Math.min(settings.grounding, enough) };
  const guard = createOutputGuard({ passages: [], texts: [[...texts, state.summary].join("\n")] }, lenient);
  // It stands among the model's rules, where no order that a document gave may get.
  const summary = filtered(text, (sentence) => (isInjection(sentence) ? "" : guard.check(sentence)));
  return { summary, summarised: last.id, budget: spent() };
};
