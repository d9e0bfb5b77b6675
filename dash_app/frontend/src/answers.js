/* Answers of the server that a person waits for: a toast says why there is none. */

import { address } from "./addresses.js";
import { say } from "./toast.js";

/* Returns the answer at one of the server's paths; null if there is none, after a toast has said why. */
export async function answerOrToast(path) {
  let answer;
  try {
    answer = await fetch(address(path));
  } catch {
    say("The server cannot be reached");
    return null;
  }
  if (answer.ok) {
    return answer;
  }
  const { error } = await answer.json().catch(() => ({}));
  say(error ?? `The server answers ${answer.status}`);
  return null;
}
