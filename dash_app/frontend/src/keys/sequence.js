/* Which of some key sequences has been pressed. Nothing here touches the page. */

/* Returns what a key makes of those pressed before it: { pressed, found }. `sequences` are texts with a space
   between their keys, as "g o"; `found` is the one that is complete, null if none is. */
export function afterKey(pressed, key, sequences) {
  for (const keys of [[...pressed, key], [key]]) {
    const text = keys.join(" ");
    if (sequences.includes(text)) {
      return { pressed: [], found: text };
    }
    if (sequences.some((sequence) => sequence.startsWith(`${text} `))) {
      return { pressed: keys, found: null };
    }
  }
  return { pressed: [], found: null };
}

/* Returns the key of an event as the sequences name it: "Control+k", "r", "?"; null for one that is none of
   theirs. */
export function keyOf({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  if (key.length !== 1 || key === " " || altKey) {
    return null;
  }
  const isLetter = key.toLowerCase() !== key.toUpperCase();
  if (shiftKey && isLetter) {
    return null;
  }
  return (ctrlKey || metaKey ? "Control+" : "") + key.toLowerCase();
}
