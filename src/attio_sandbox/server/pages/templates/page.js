"use strict";
// What the page does beyond links and forms: without it everything can be read all the same.

// On a narrow screen the objects stand side by side: the one that is shown may be out of sight.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

// A slash goes to the search of the page, or to that of all records.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea")) return;
  const fields = [...document.querySelectorAll("[data-search]")];
  const field = fields.find((each) => each.closest("main")) || fields[0];
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});

// Copying needs a page of this machine or of https: elsewhere there is no button.
const prepare = (root) => {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const name = [...button.childNodes];
      try {
        await navigator.clipboard.writeText(button.parentElement.querySelector("pre").textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select and copy it by hand";
      }
      setTimeout(() => button.replaceChildren(...name), 1500);
    });
  }
};
prepare(document);

// A condition offers what its attribute takes, and the options that it has.
for (const form of document.querySelectorAll("[data-condition]")) {
  const [by, op, value] = ["by", "op", "value"].map((name) => form.elements[name]);
  const every = [...op.options];
  const fit = () => {
    const taken = by.selectedOptions[0]?.dataset.operators.split(" ") ?? [];
    const kept = op.value;
    op.replaceChildren(...every.filter((each) => taken.includes(each.value)));
    if (taken.includes(kept)) op.value = kept;
    const list = [...form.querySelectorAll("datalist")].find((each) => each.dataset.of === by.value);
    if (list) value.setAttribute("list", list.id);
    else value.removeAttribute("list");
    value.disabled = ["filled", "empty"].includes(op.value);
  };
  by.addEventListener("change", fit);
  op.addEventListener("change", fit);
  fit();
}

// New requests and deliveries: asked for while the page is looked at, put in front of the others,
// which stay as they are, opened or not.
const EVERY = 1000;
for (const live of document.querySelectorAll("[data-live]")) {
  const [button, said] = [live.querySelector("button"), live.querySelector("[data-said]")];
  const log = document.getElementById(live.dataset.list);
  const waiting = said.textContent;
  let count = 0;
  let isOn = true;
  const look = async () => {
    const after = log.querySelector("details")?.id ?? "";
    const answer = await fetch(`${live.dataset.live}?after=${after}`);
    if (!answer.ok) throw new Error(answer.status);
    const news = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = [...news.querySelectorAll("body > details")];
    const isAll = news.querySelector("[data-whole]") !== null;
    const known = isAll ? new Set(found.map((each) => each.id)) : null;
    // Where it was cleared, what is shown is gone.
    if (known) for (const each of [...log.children]) if (!known.has(each.id)) each.remove();
    const fresh = found.filter((each) => !document.getElementById(each.id));
    fresh.forEach((each) => each.classList.add("fresh"));
    log.prepend(...fresh);
    fresh.forEach(prepare);
    while (log.children.length > Number(log.dataset.most)) log.lastElementChild.remove();
    if (fresh.length) {
      count += fresh.length;
      document.querySelector("[data-none]")?.remove();
    }
    const now = count ? `${count} new since you opened this page` : waiting;
    if (said.textContent !== now) said.textContent = now; // it is read aloud when it changes
  };
  const turn = async () => {
    if (isOn && !document.hidden) {
      try {
        await look();
      } catch {
        said.textContent = "The server does not answer: trying again …";
      }
    }
    setTimeout(turn, EVERY);
  };
  button.addEventListener("click", () => {
    isOn = !isOn;
    button.setAttribute("aria-pressed", String(isOn));
    if (!isOn) said.textContent = "Paused";
  });
  live.hidden = false;
  turn();
}
