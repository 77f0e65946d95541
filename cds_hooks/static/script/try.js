// Sends the form of the page without leaving it: the answer is the same page, of which the middle is put in place.
// Without this script everything works, with a reload.
"use strict";

// Another page came, such as that nobody is signed in any more: what it says is shown here, and what was written stays.
function tell(main, form, answered) {
  const notice = document.createElement("div");
  notice.className = "notice critical";
  notice.setAttribute("role", "alert");
  notice.tabIndex = -1;
  for (const part of answered.querySelectorAll("#content h1, #content > p:not(.actions)")) {
    const line = document.createElement("p");
    line.textContent = part.textContent;
    notice.append(line);
  }
  form.querySelector(".notice[tabindex]")?.remove();
  form.prepend(notice);
  main.removeAttribute("aria-busy");
  notice.focus();
}

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
    if (!answered.querySelector("form[data-smooth]")) {
      tell(main, form, answered);
      return;
    }
    main.replaceWith(document.adoptNode(answered.getElementById("content")));
    document.title = answered.title;
    const landing = document.querySelector("[aria-invalid=true]") ?? document.querySelector("[data-land]");
    landing?.focus({ preventScroll: true });
    landing?.scrollIntoView({ block: "nearest" });
  } catch {
    // No answer came: leave it to the browser, which says so in its own words.
    main.removeAttribute("aria-busy");
    const pressed = event.submitter;
    form.removeAttribute("data-smooth");
    form.requestSubmit(pressed);
  }
});
