/* The alerts above every page. */

function alertBox(line) {
  const box = document.createElement("div");
  const icon = document.createElement("span");
  const text = document.createElement("span");
  box.className = "alert alert-warning one-line";
  icon.className = "icon icon-exclamation-triangle";
  icon.setAttribute("aria-hidden", "true");
  text.textContent = line;
  box.append(icon, text);
  return box;
}

/* Shows these lines as alerts, in place of those before; the same lines are left alone. */
export function showAlerts(lines) {
  const place = document.getElementById("alerts");
  const key = JSON.stringify(lines);
  if (place && place.dataset.lines !== key) {
    place.dataset.lines = key;
    place.replaceChildren(...lines.map(alertBox));
  }
}
