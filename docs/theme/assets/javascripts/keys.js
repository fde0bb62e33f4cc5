// `n` and `p` go to the next and the previous entry, across pages too; Material has them for pages.
(() => {
  const beyond = name => document.querySelector(`meta[name=${name}-entry]`)?.content
  const heads = document.querySelector("meta[name=has-entries]")
    ? [...document.querySelectorAll("article h2[id]")] : []
  const top = head => head.getBoundingClientRect().top
  const atEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 2
  let last = {} // near the end, an entry cannot come to the top: we remember where we went

  const current = () => {
    if (last.y === scrollY) return last.head
    const asked = heads.find(head => `#${head.id}` === location.hash)
    if (!last.head && asked && atEnd() && top(asked) < innerHeight) return asked
    return heads.findLast(head => top(head) <= parseFloat(getComputedStyle(head).scrollMarginTop) + 8)
  }
  const typing = () => document.activeElement?.closest(
    "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog")
    || document.querySelector("#__search")?.checked

  addEventListener("keydown", event => {
    const name = { n: "next", p: "previous" }[event.key]
    if (!name || event.ctrlKey || event.metaKey || event.altKey || typing()) return
    event.stopImmediatePropagation()
    const head = heads[heads.indexOf(current()) + (name === "next" ? 1 : -1)]
    if (head) {
      head.scrollIntoView({ behavior: "instant" })
      history.replaceState(history.state, "", `#${head.id}`)
      last = { head, y: scrollY }
    } else if (beyond(name)) {
      location.href = beyond(name)
    }
  }, { capture: true })
})()
