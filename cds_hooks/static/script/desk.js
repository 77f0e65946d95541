// Single keys at the review desk. Whatever has data-key is pressed, chosen or focused by that key; data-row are the rows
// of a list. They can be switched off on the page, for who speaks to the computer or hits keys unmeant (WCAG 2.1.4).
"use strict";

const OFF = "ldn-desk-keys-off";
const isOff = () => localStorage.getItem(OFF) === "yes";

for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
const box = document.getElementById("keys-on");
if (box) {
  box.checked = !isOff();
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  });
}

function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return false;
  const at = rows.findIndex((row) => row.closest("tr").contains(document.activeElement));
  rows[Math.min(rows.length - 1, Math.max(0, at + by))].focus();
  return true;
}

function writes(element) {
  return element.matches("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");
}

document.addEventListener("keydown", (event) => {
  if (isOff() || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
  const focused = document.activeElement || document.body;
  if (writes(focused)) {
    if (event.key === "Escape") focused.blur();
    return;
  }
  if (event.key === "Enter" && focused.matches("a, button, summary, pre")) return;
  if ((event.key === "j" && step(1)) || (event.key === "k" && step(-1))) {
    event.preventDefault();
    return;
  }
  const meant = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!meant) return;
  event.preventDefault();
  for (let inside = meant.closest("details"); inside; inside = inside.parentElement.closest("details")) {
    if (!meant.matches("summary")) inside.open = true;
  }
  if (meant.matches("textarea, input:not([type=radio])")) {
    meant.focus();
    if (meant.select) meant.select();
  } else if (meant.matches("[type=radio]")) {
    meant.focus();
    meant.checked = true;
  } else meant.click();
});
