// Keeps parts of a page fresh: <div data-live="/outbox/part">…</div> is fetched again every few seconds
// while somebody looks.  Without this script the page is as it was when it was opened, and works.
"use strict";

const EVERY = 5000; // milliseconds: soon enough to see a decision come in, rare enough for thousands

// What somebody is typing, has typed, or is about to press with the keyboard, is never replaced.
const inUse = (part) =>
  part.contains(document.activeElement) ||
  [...part.querySelectorAll("input, textarea, select")].some((field) =>
    field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT"
        ? [...field.options].some((one) => one.selected !== one.defaultSelected)
        : field.type !== "hidden" && field.value !== field.defaultValue,
  );

const seen = new WeakMap();

async function refresh(part) {
  if (document.hidden || inUse(part)) return;
  let text;
  try {
    const answer = await fetch(part.dataset.live, { headers: { "X-Live": "1" }, redirect: "error" });
    if (!answer.ok) return;
    text = await answer.text();
  } catch {
    return; // away for now, perhaps in the middle of a word; what is shown stays
  }
  const before = seen.get(part);
  seen.set(part, text);
  // The first answer is only kept to compare with, unless it already says something else.
  if (text === before || inUse(part)) return;
  const fresh = new DOMParser().parseFromString(text, "text/html").body;
  if (before === undefined && fresh.innerHTML.trim() === part.innerHTML.trim()) return;
  part.replaceChildren(...fresh.childNodes);
}

for (const part of document.querySelectorAll("[data-live]")) {
  setInterval(() => refresh(part), Number(part.dataset.every) || EVERY);
}
