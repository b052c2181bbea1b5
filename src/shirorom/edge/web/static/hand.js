// The cards by hand on a phone: one thing at a time. First the big button within reach of the thumb that opens the
// carrier's page; back from there the symbols, as large as they can be. Which card was opened is remembered for this tab
// (its place, never its number), because a phone may drop the page while the visitor is away. Without script, or on a
// wide screen, everything stands there at once.
"use strict";

(() => {
  const phone = matchMedia("(max-width: 40rem) and (pointer: coarse)");
  const KEY = "opened";
  let copied = ""; // the number that this page put on the clipboard last; gone with the page
  let waiting = false; // the carrier's page was opened and the visitor is not back yet

  const hand = () => document.querySelector("#hand[data-place]");
  const mine = () => `${location.pathname} ${hand()?.dataset.place}`;

  function remember() {
    try {
      sessionStorage.setItem(KEY, mine());
    } catch {
      // no storage here: the card begins anew after a reload
    }
  }

  function opened() {
    try {
      return sessionStorage.getItem(KEY) === mine();
    } catch {
      return false;
    }
  }

  function arrange() {
    const card = hand();
    if (!card) return;
    const after = opened();
    if (phone.matches) card.dataset.step = after ? "answer" : "open";
    else delete card.dataset.step;
    const link = card.querySelector("a.go");
    link.querySelector("[data-first]").hidden = after;
    link.querySelector("[data-later]").hidden = !after;
    card.querySelector("[data-seen]").hidden = !phone.matches || after;
    card.querySelector("[data-before]").hidden = after || link.dataset.copy !== copied;
  }

  function choose() {
    remember();
    arrange();
    const question = hand().querySelector("legend");
    question.focus({ preventScroll: true });
    question.closest("fieldset").scrollIntoView({ block: phone.matches ? "end" : "nearest" });
  }

  document.addEventListener("click", (event) => {
    const copying = event.target.closest("#hand [data-copy]");
    if (copying) copied = copying.dataset.copy;
    if (event.target.closest("#hand a.go")) {
      remember();
      waiting = true;
    }
    if (event.target.closest("#hand [data-seen]")) choose();
  });

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || !waiting || !hand()) return;
    waiting = false;
    choose();
    const said = hand().querySelector("[data-said]");
    said.textContent = said.dataset.back;
  });

  document.addEventListener("htmx:after:swap", arrange);
  phone.addEventListener("change", arrange);
  arrange();
})();
