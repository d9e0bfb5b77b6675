/* The answers of cards and pages: one that is cut for want of room has all of it as its title. */

/* Gives cut answers their title. */
export function titleCutAnswers() {
  for (const answer of document.querySelectorAll(".card-answer.has-room, .page-answer")) {
    const title = answer.scrollHeight > answer.clientHeight + 1 ? answer.textContent : "";
    if (answer.title !== title) {
      answer.title = title;
    }
  }
}
