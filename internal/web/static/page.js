// SPDX-License-Identifier: Apache-2.0
// What little the pages do by themselves. Every page works without it.
"use strict";

// The board refreshes when the node says that something changed, and each half
// minute for its clocks, unless somebody has begun to fill in a form on it.
const live = document.getElementById("live");
const board = document.getElementById("board");
if (live && board && window.EventSource) {
  let asked = false;
  const typing = () => {
    const at = document.activeElement;
    const begun = (field) => field.value !== field.defaultValue;
    return board.contains(at) && at.closest("form") || Array.from(board.querySelectorAll("input[type=text], textarea")).some(begun);
  };
  const refresh = async () => {
    if (asked || document.hidden) return;
    if (typing()) {
      live.textContent = "Changed. The board is brought up to date when the form is sent, or emptied and left.";
      return;
    }
    asked = true;
    try {
      const answer = await fetch(live.dataset.fragment, { headers: { Accept: "text/html" } });
      if (!answer.ok) {
        live.textContent = "Not up to date: load the page again.";
        return;
      }
      const anew = new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes;
      if (typing()) return;
      const focused = document.activeElement;
      const inside = board.contains(focused);
      const href = inside && focused.getAttribute("href");
      const fold = inside && focused.matches("summary") && focused.parentElement.id;
      const open = Array.from(board.querySelectorAll("details[open][id]"), (d) => d.id);
      board.replaceChildren(...anew);
      for (const id of open) {
        const again = document.getElementById(id);
        if (again) again.open = true;
      }
      const again = href ? board.querySelector(`[href="${CSS.escape(href)}"]`) : fold && document.querySelector(`#${CSS.escape(fold)} > summary`);
      if (again) again.focus();
      live.textContent = "Live. As of " + new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC";
    } catch {
      live.textContent = "The node does not answer. Trying again.";
    } finally {
      asked = false;
    }
  };
  const events = new EventSource(live.dataset.events);
  events.onopen = refresh;
  events.onmessage = refresh;
  events.onerror = () => { live.textContent = "The node does not answer. Trying again."; };
  board.addEventListener("focusout", () => setTimeout(refresh, 0));
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, 30000);
}

// What takes its time says so: a form that was sent, and a file that is written. A
// form is not sent twice by a double click.
const busy = (beside, words) => {
  const said = document.createElement("span");
  said.className = "busy";
  said.setAttribute("role", "status");
  beside.after(said);
  let seconds = 0;
  const tell = () => { seconds += 1; said.textContent = `${words} ${seconds} s`; };
  return { said, ticking: setInterval(tell, 1000) };
};
const waiting = [];
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (performance.now() - (form.dataset.sent || -9999) < 2000) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = performance.now();
  const button = event.submitter || form.querySelector("button");
  if (button) waiting.push(busy(button, button.dataset.busy || "Working …"));
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-busy]");
  if (!link) return;
  const { said, ticking } = busy(link, link.dataset.busy);
  clearInterval(ticking);
  said.textContent = link.dataset.busy;
  setTimeout(() => said.remove(), 15000);
});
// A page that is shown again from memory waits for nothing.
window.addEventListener("pageshow", () => {
  for (const { said, ticking } of waiting.splice(0)) {
    clearInterval(ticking);
    said.remove();
  }
});

// Buttons that copy what stands beside them.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  const words = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = words; }, 2000);
  });
}

// Digits are typed in groups of five, as they are read aloud.
for (const field of document.querySelectorAll("[data-digits]")) {
  field.addEventListener("input", () => {
    if (field.selectionStart !== field.value.length) return;
    const digits = field.value.replace(/\D/g, "").slice(0, Number(field.dataset.digits));
    field.value = digits.replace(/(\d{5})(?=\d)/g, "$1 ");
  });
}
