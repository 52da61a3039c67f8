// Small comforts. Every page does its work without this file.

// "/" leads to the search box, as long as nothing is being typed.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const box = document.querySelector(`[data-hotkey="${CSS.escape(event.key)}"]`);
  if (!box || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// Up and down walk through a list; Enter on the row's link opens it, as everywhere.
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const link = event.target.closest(".list tbody a");
  if (!step || !link) return;
  const firsts = [...link.closest("tbody").rows].map((row) => row.querySelector("a")).filter(Boolean);
  const next = firsts[firsts.indexOf(link.closest("tr").querySelector("a")) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
});

// What went wrong is read out first.
document.querySelector("[data-focus]")?.focus();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A form goes off once, however often its button is pressed; one that downloads (data-again) leaves the page standing.
for (const form of document.querySelectorAll('form[method="post"]:not([data-again])')) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
