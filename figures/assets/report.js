// Copy buttons, and the ledger's filters and sorting. Every page reads in full without this script.
"use strict";

for (const button of document.querySelectorAll("button.copy")) {
  const code = button.previousElementSibling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    let done = true;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch { // a page opened from disk may not use the clipboard: leave the command selected
      getSelection().selectAllChildren(code);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  });
}

const byWords = new Intl.Collator("en", { numeric: true }).compare;

function sortKey(row, column) {
  const cell = row.cells[column];
  const value = cell.dataset.value;
  return value ? Number(value) : cell.textContent.trim();
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1; // numbers before words
  return byWords(a, b);
}

for (const table of document.querySelectorAll("table.claims")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].map((row) => [sortKey(row, column), row]);
      rows.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
      table.tBodies[0].append(...rows.map(([, row]) => row));
    });
  });
}

const filters = document.querySelector("form.filters");
if (filters) {
  const rows = [...document.querySelectorAll("table.claims tbody tr")];
  const said = filters.querySelector("[role=status]");

  const apply = () => {
    const words = filters.words.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const kept = ["verdict", "kind", "paper"].every((name) => !filters[name].value || filters[name].value === row.dataset[name])
        && words.every((word) => text.includes(word));
      row.hidden = !kept;
      shown += kept;
    }
    said.textContent = shown === rows.length ? `${shown} claims` : `${shown} of ${rows.length} claims`;
  };

  const followAddress = () => {
    for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
      if (filters.elements[name]) filters.elements[name].value = value;
    }
    apply();
  };

  filters.hidden = false;
  filters.addEventListener("input", apply);
  filters.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", followAddress);
  followAddress();
}
