/* Watches one document: when its page is painted, and what keeps it busy. It runs before the document's own
   scripts. A card counts when its chart has its series, or its numbers stand there; a page is painted when this
   is so of all cards in view, one frame later. */

(() => {
  const visit = { painted: null, pageOf: "overview", count: 0, started: 0, tasks: [], shift: 0 };
  window.__visit = visit;

  new PerformanceObserver((list) => {
    visit.tasks.push(...list.getEntries().map(({ startTime, duration }) => [startTime, duration]));
  }).observe({ type: "longtask", buffered: true });
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value } of list.getEntries()) {
      visit.shift += hadRecentInput ? 0 : value;
    }
  }).observe({ type: "layout-shift", buffered: true });

  function isThere(card) {
    if (card.dataset.kind === "chart" || card.querySelector(".dash-graph")) {
      return Boolean(card.querySelector(".main-svg :is(.trace, .annotation)"));
    }
    const body = card.querySelector(".card-body") ?? card.lastElementChild;
    return !body.matches(".is-loading") && body.textContent.trim() !== "";
  }

  function isInView(card) {
    const { top, bottom } = card.getBoundingClientRect();
    return bottom > 0 && top < window.innerHeight;
  }

  function isPainted() {
    const places = document.querySelectorAll(`[id^="${visit.pageOf}-"]`);
    const cards = new Set([...places].map((place) => place.closest(".card")));
    cards.delete(null);
    return cards.size > 0 && cards.size >= visit.count && ![...cards].some((card) => !isThere(card) && isInView(card));
  }

  function look() {
    if (visit.count && isPainted()) {
      const { port1, port2 } = new MessageChannel();
      // Comes after the frame that this function is called before.
      port1.onmessage = () => {
        visit.painted = performance.now() - visit.started;
      };
      port2.postMessage(null);
    } else {
      requestAnimationFrame(look);
    }
  }

  /* Opens a page by its link, and starts to watch for it. */
  window.__follow = (link) => {
    Object.assign(visit, { painted: null, started: performance.now() });
    link.click();
    requestAnimationFrame(look);
  };

  visit.count = Number("{%count%}");
  requestAnimationFrame(look);
})();
