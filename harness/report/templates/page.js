"use strict";
// Nothing here is needed to read the page: buttons that copy a command, and a filter for the verdicts.
for (const line of document.querySelectorAll(".command")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", () => {
    const selection = getSelection();
    selection.selectAllChildren(line.querySelector("code"));
    const done = document.execCommand("copy");
    button.textContent = done ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  line.append(button);
}

for (const form of document.querySelectorAll(".filter")) {
  form.hidden = false;
  const show = () => {
    const text = form.elements.text.value.trim().toLowerCase();
    const loud = form.elements.loud.checked;
    for (const row of form.parentElement.querySelectorAll("tbody tr:not(.chapter)")) {
      const found = row.cells[0].textContent.toLowerCase().includes(text);
      const differs = row.matches(".changed") || row.querySelector("td.violated, td.undecided, td.invalid, td.known, td.fixed");
      row.hidden = !found || (loud && !differs);
    }
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
}
