// The one page: a box that filters its entries by name, other names and code, while one types.
(() => {
  const sheet = document.querySelector(".sheet")
  if (!sheet) return
  const sections = [...sheet.querySelectorAll("section")].map(node => ({
    node, text: `${node.textContent} ${node.dataset.names || ""}`.toLowerCase() }))
  const heads = [...sheet.querySelectorAll("h2")]
  const box = Object.assign(document.createElement("input"),
    { type: "search", placeholder: sheet.dataset.filter })
  box.setAttribute("aria-label", sheet.dataset.filter)
  const count = document.createElement("output")
  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean)
    let shown = 0
    for (const { node, text } of sections) {
      node.hidden = !words.every(word => text.includes(word))
      if (!node.hidden) shown++
    }
    for (const head of heads) {
      let next = head.nextElementSibling
      while (next?.tagName === "SECTION" && next.hidden) next = next.nextElementSibling
      head.hidden = next?.tagName !== "SECTION"
    }
    count.textContent = sheet.dataset.count.replace("{}", shown)
  }
  box.addEventListener("input", filter)
  const bar = document.createElement("p")
  bar.className = "sheet-filter no-print"
  bar.append(box, count)
  sheet.before(bar)
  filter()
})()
