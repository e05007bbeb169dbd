"use strict";
// Without this the page is a plain table; with it, headers sort and a box filters.
const table = document.querySelector("table");
const body = table.tBodies[0];
const rows = [...body.rows];
const collator = new Intl.Collator("en", { numeric: true });

const keyOf = (row, column) => {
  const cell = row.cells[column];
  return cell ? cell.dataset.sort ?? cell.textContent.trim() : "";
};

const sort = (header) => {
  const descending = header.getAttribute("aria-sort") === "ascending";
  for (const other of header.parentNode.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const keys = new Map(rows.map((row) => [row, keyOf(row, header.cellIndex)]));
  rows.sort((one, other) => collator.compare(keys.get(one), keys.get(other)) * (descending ? -1 : 1));
  body.append(...rows);
};

for (const header of table.tHead.rows[0].cells) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...header.childNodes);
  button.addEventListener("click", () => sort(header));
  header.append(button);
}

const box = document.querySelector("#filter");
const shown = document.querySelector("output");
const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\s+/);
  for (const row of rows) row.hidden = !words.every((word) => texts.get(row).includes(word));
  const left = rows.filter((row) => !row.hidden).length;
  shown.textContent = box.value.trim() ? `${left} of ${rows.length}` : "";
});
box.parentNode.hidden = false;
