// The button under a block copies its essential lines, dedented.
document.addEventListener("click", async event => {
  const button = event.target.closest(".snippet button")
  if (!button) return
  let block = button.closest(".snippet")
  while (block && !block.matches(".highlight")) block = block.previousElementSibling
  const lines = [...block.querySelectorAll(".hll")].flatMap(
    line => line.textContent.replace(/\n$/, "").split("\n"))
  const indent = Math.min(...lines.filter(line => line.trim()).map(line => line.search(/\S/)))
  await navigator.clipboard.writeText(lines.map(line => line.slice(indent)).join("\n") + "\n")
  const words = button.textContent
  button.textContent = button.dataset.copied
  setTimeout(() => { button.textContent = words }, 2000)
})
