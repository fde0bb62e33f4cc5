// The box above a long list (the one page, the API index, the messages): it shows what matches while
// one types. A heading whose items are all hidden is hidden too.
(() => {
  const list = document.querySelector("[data-count]")
  if (!list) return
  const [box, count] = list.previousElementSibling.children
  const names = new URL("names.js", document.currentScript.src)
  const items = []
  let head
  for (const node of list.querySelectorAll("h2, section, li")) {
    if (node.tagName === "H2") head = node
    else {
      const group = node.tagName === "LI" && head ? head.textContent : ""
      items.push({ node, head, text: `${group} ${node.textContent}`.toLowerCase() })
    }
  }
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
  // What else entries are called is asked for by who filters, not by who reads.
  const askForNames = () => {
    const script = document.createElement("script")
    script.src = names
    script.onload = () => {
      for (const item of items)
        item.text += ` ${cheatsheetNames[item.node.querySelector("a").hash.slice(1)] || ""}`
      if (box.value) filter()
    }
    document.head.append(script)
  }
  if (list.matches(".sheet")) box.addEventListener("focus", askForNames, { once: true })
  box.addEventListener("input", filter)
  if (box.value) filter() // what a browser has kept of a page that one comes back to
})()
