// A box above a long list (the one page, the API index, the messages): it shows what matches while
// one types. A heading whose items are all hidden is hidden too.
(() => {
  const list = document.querySelector("[data-filter]")
  if (!list) return
  const items = []
  let head
  for (const node of list.querySelectorAll("h2, section, li")) {
    if (node.tagName === "H2") head = node
    else {
      const group = node.tagName === "LI" && head ? head.textContent : ""
      const text = `${group} ${node.textContent} ${node.dataset.names || ""}`.toLowerCase()
      items.push({ node, head, text })
    }
  }
  const box = Object.assign(document.createElement("input"),
    { type: "search", placeholder: list.dataset.filter })
  box.setAttribute("aria-label", list.dataset.filter)
  const count = document.createElement("output")
  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean)
    const heads = new Map()
    let shown = 0
    for (const { node, head, text } of items) {
      node.hidden = !words.every(word => text.includes(word))
      if (!node.hidden) shown++
      if (head) heads.set(head, heads.get(head) || !node.hidden)
    }
    for (const [head, any] of heads) head.hidden = !any
    count.textContent = list.dataset.count.replace("{}", shown)
  }
  box.addEventListener("input", filter)
  const bar = document.createElement("p")
  bar.className = "filter no-print"
  bar.append(box, count)
  list.before(bar)
  filter()
})()
