/* The navigation: slides in on narrow screens, and marks the current page for screen readers. */

/* Opens or closes the navigation of a narrow screen. */
export function setMenu(open) {
  document.body.classList.toggle("menu-open", open);
  document.getElementById("menu-toggle")?.setAttribute("aria-expanded", String(open));
}

/* Opens the navigation if it is closed, and closes it if it is open. */
export function toggleMenu() {
  setMenu(!document.body.classList.contains("menu-open"));
}

/* Marks the link of the current page. */
export function markCurrentPage() {
  for (const link of document.querySelectorAll("#sidebar .nav-link")) {
    if (link.classList.contains("active")) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  }
}
