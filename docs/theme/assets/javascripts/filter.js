// The box above a long list (the one page, the API index, the messages): it shows what matches while
// one types. A heading whose items are all hidden is hidden too.
(() => {
  const list = document.querySelector("[data-count]")
  if (!list) return
  const [box, count] = list.previousElementSibling.children
  const names = new URL("names.js", document.currentScript.src)
  const spoken = text => text.toLowerCase().replace(/\w+(?:error|warning):/, "").match(/[a-z_]{3,}/g) || []
  const items = []
  let head
  for (const node of list.querySelectorAll("h2, section, li")) {
    if (node.tagName === "H2") head = node
    else {
      const group = node.tagName === "LI" && head ? head.textContent : ""
      const said = list.matches(".messages") ? spoken(node.querySelector("code").textContent) : []
      items.push({ node, head, said, text: `${group} ${node.textContent}`.toLowerCase() })
    }
  }
  // A message pasted whole has other numbers and names: most of the words of an item are in it.
  const pasted = (said, words) =>
    words.size > 2 && said.length > 1 && said.filter(word => words.has(word)).length >= 0.75 * said.length
  const filter = () => {
    const spokenWords = new Set(spoken(box.value))
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean)
    const heads = new Map()
    let shown = 0
    for (const { node, head, said, text } of items) {
      node.hidden = !words.every(word => text.includes(word)) && !pasted(said, spokenWords)
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
