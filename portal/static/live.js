// Refreshes parts of a page: <div data-live="/outbox/part">…</div> is fetched every few seconds while
// the page is visible.  Without this script the page works, but shows the state of when it was opened.
"use strict";

const EVERY = 5000; // milliseconds: soon enough to see a decision, and cheap with thousands of open pages

// A part with the keyboard focus, or with a field that was changed, must not be replaced.
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
    const response = await fetch(part.dataset.live, { headers: { "X-Live": "1" }, redirect: "error" });
    if (!response.ok) return;
    text = await response.text();
  } catch {
    return; // unavailable, or cut off in the middle of the response: keep what is shown
  }
  const before = seen.get(part);
  seen.set(part, text);
  // The first response is only a baseline, unless it already differs from the page.
  if (text === before || inUse(part)) return;
  const fresh = new DOMParser().parseFromString(text, "text/html").body;
  if (before === undefined && fresh.innerHTML.trim() === part.innerHTML.trim()) return;
  part.replaceChildren(...fresh.childNodes);
}

for (const part of document.querySelectorAll("[data-live]")) {
  setInterval(() => refresh(part), Number(part.dataset.every) || EVERY);
}
