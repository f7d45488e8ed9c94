// On every page: Escape closes a menu; leaving a form that was not sent asks first.  Without this script
// a menu closes by its name, and a form is left without a question.
"use strict";

document.addEventListener("keydown", (pressed) => {
  if (pressed.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.dropdown[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Only typed text: a choice is made again in a moment.
const TYPED = "textarea, input:not([type]), input[type=text], input[type=email], input[type=tel]";
// What a refused form shows was typed, and is as unsaved as before.
const wasRefused = document.getElementById("refusal") !== null;
const isUnsaved = (form) =>
  [...form.querySelectorAll(TYPED)].some((one) => one.value !== (wasRefused ? "" : one.defaultValue));

let sent = false;
document.addEventListener("submit", (event) => {
  sent = !event.defaultPrevented;
});
// A page that comes back from the browser's memory was not left for good.
window.addEventListener("pageshow", () => {
  sent = false;
});
window.addEventListener("beforeunload", (event) => {
  const forms = [...document.querySelectorAll('form[method="post"]')];
  if (!sent && forms.some(isUnsaved)) event.preventDefault();
});
