// The box itself: shows what the engine finds while a reader types.
(() => {
  const { index, search, marks } = cheatsheetSearch
  const box = document.querySelector("dialog.search")
  const [input, count, hits] = ["input", "count", "hits"].map(name => box.querySelector(`.search__${name}`))
  const root = new URL("..", document.currentScript.src)
  const MOST = 12
  const said = {
    zh: { found: n => n > MOST ? `找到 ${n} 条，这里是前 ${MOST} 条` : `找到 ${n} 条`, none: "没有找到，换个说法试试", page: "页面" },
    en: {
      found: n => n > MOST ? `${n} found, the first ${MOST} are here` : `${n} found`,
      none: "Nothing found. Try other words", page: "Page",
    },
  }
  const words = said[document.documentElement.lang] ?? said.en
  let active = -1

  function address({ page, anchor }) {
    const url = new URL(root)
    const path = page.replace(/(^|\/)index$/, "$1")
    url.pathname += path === page ? page + box.dataset.suffix
      : path + (box.dataset.suffix === "/" ? "" : "index.html")
    url.hash = anchor
    return url.href
  }

  function marked(tag, name, text, told) {
    const element = document.createElement(tag)
    element.className = name
    for (const [part, found] of marks(text, told)) {
      if (!found) element.append(part)
      else element.appendChild(document.createElement("mark")).textContent = part
    }
    return element
  }

  function choose(number) {
    hits.children[active]?.setAttribute("aria-selected", "false")
    active = number
    const option = hits.children[active]
    if (!option) return input.removeAttribute("aria-activedescendant")
    option.setAttribute("aria-selected", "true")
    option.scrollIntoView({ block: "nearest" })
    input.setAttribute("aria-activedescendant", option.id)
  }

  function show() {
    const query = input.value.trim()
    const { found, told } = search(index, query)
    hits.replaceChildren(...found.slice(0, MOST).map(({ doc }, number) => {
      const option = document.createElement("a")
      option.className = "search__hit"
      option.id = `search-hit-${number}`
      option.href = address(doc)
      option.tabIndex = -1
      option.setAttribute("role", "option")
      option.setAttribute("aria-selected", "false")
      option.append(
        marked("span", "search__title", doc.title, told),
        marked("span", "search__where", doc.anchor ? doc.chapter : doc.chapter || words.page, []),
        marked("span", "search__lead", doc.lead, told))
      return option
    }))
    count.textContent = !query ? "" : found.length ? words.found(found.length) : words.none
    input.setAttribute("aria-expanded", String(found.length > 0))
    choose(found.length ? 0 : -1)
    hits.scrollTop = 0
    box.dataset.shown = query
  }

  // The address shares what is asked; a page that is read from a file has none to share.
  function share(query) {
    const url = new URL(location)
    query ? url.searchParams.set("q", query) : url.searchParams.delete("q")
    if (url.href !== location.href)
      try { history.replaceState(history.state, "", url) } catch {}
  }

  input.addEventListener("input", show)
  input.addEventListener("change", () => { if (box.open) share(input.value.trim()) }) // to come back to
  input.addEventListener("keydown", event => {
    const last = hits.children.length - 1
    const to = { ArrowDown: active < last ? active + 1 : 0, ArrowUp: active > 0 ? active - 1 : last }[event.key]
    if (event.isComposing || to === undefined) return
    event.preventDefault()
    choose(to)
  })
  box.querySelector("form").addEventListener("submit", event => {
    event.preventDefault()
    hits.children[active]?.click()
  })
  hits.addEventListener("click", event => {
    const there = new URL(event.target.closest("a").href)
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    if (there.pathname === location.pathname) box.close() // a page that is left keeps its question
  })
  box.querySelector(".search__close").addEventListener("click", () => box.close())
  box.addEventListener("click", event => { if (event.target === box) box.close() })
  box.addEventListener("close", () => share(""))
  show()
})()
