"use strict";
// Tells whether a chosen or dropped file is an issued version; the file never leaves the page.
(() => {
  const check = document.getElementById("check");
  if (!window.crypto?.subtle) return; // no secure context: the commands below still tell
  const LARGEST = 50e6; // bytes; no certificate comes near
  const zone = check.querySelector("label");
  const input = zone.querySelector("input");
  const outcome = check.querySelector("[role=status]");
  const versions = [...check.querySelectorAll("[data-sha256]")];

  const checksum = async (file) => {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  const tell = (status, said, file) => {
    const name = document.createElement("b");
    name.textContent = file.name;
    outcome.className = status;
    outcome.replaceChildren(name, said);
  };
  const compare = async (file) => {
    if (!file) return;
    outcome.replaceChildren();
    versions.forEach((version) => version.classList.remove("same"));
    try {
      const sum = file.size > LARGEST ? "" : await checksum(file);
      const same = versions.find((version) => version.dataset.sha256 === sum);
      same?.classList.add("same");
      tell(same?.dataset.status ?? "unknown", same?.dataset.said ?? check.dataset.unknown, file);
    } catch {
      tell("unreadable", check.dataset.unreadable, file);
    }
  };

  input.addEventListener("change", () => compare(input.files[0]));
  document.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  document.addEventListener("dragleave", () => zone.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    compare(event.dataTransfer.files[0]);
  });
  check.querySelector("details").open = false;
  zone.hidden = false;
})();
