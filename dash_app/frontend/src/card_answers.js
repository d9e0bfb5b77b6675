/* The answers of cards: one that is cut for want of room has all of it as its title. */

/* Gives cut answers their title. */
export function titleCutAnswers() {
  for (const answer of document.querySelectorAll(".card-answer.has-room")) {
    const title = answer.scrollHeight > answer.clientHeight + 1 ? answer.textContent : "";
    if (answer.title !== title) {
      answer.title = title;
    }
  }
}
