// Sends the form of the page without leaving it: the answer is the same page, of which the middle is put in place.
// Without this script everything works, with a reload.
"use strict";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-smooth]")) return;
  event.preventDefault();
  const main = document.getElementById("content");
  if (main.getAttribute("aria-busy") === "true") return;
  main.setAttribute("aria-busy", "true");
  try {
    const body = new FormData(form, event.submitter);
    const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
    const answered = new DOMParser().parseFromString(await response.text(), "text/html");
    // Another page, such as that nobody is signed in any more: going there by the browser keeps the way back.
    if (!answered.querySelector("form[data-smooth]")) throw new Error("another page");
    main.replaceWith(document.adoptNode(answered.getElementById("content")));
    document.title = answered.title;
    const landing = document.querySelector("[aria-invalid=true]") ?? document.querySelector("[data-land]");
    landing?.focus({ preventScroll: true });
    landing?.scrollIntoView({ block: "nearest" });
  } catch {
    // No answer came, or another page: leave it to the browser. Sent twice, a form does nothing a second time.
    main.removeAttribute("aria-busy");
    const pressed = event.submitter;
    form.removeAttribute("data-smooth");
    form.requestSubmit(pressed);
  }
});
