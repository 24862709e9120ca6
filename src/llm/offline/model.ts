/** The model that is used when none is set: it computes its replies from the conversation alone. */
import { ComputedChatModel } from "../computed-model.ts";
import { answer } from "./answer.ts";

export class OfflineChatModel extends ComputedChatModel {
  protected override compute = answer;

  _llmType(): string {
    return "offline";
  }
}
