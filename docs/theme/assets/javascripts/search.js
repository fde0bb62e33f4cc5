// Opens the search box, and loads what it needs when a reader first does.
(() => {
  const box = document.querySelector("dialog.search")
  if (!box) return
  const input = box.querySelector(".search__input")
  let script

  function open() {
    if (!box.open) box.showModal()
    input.focus()
    input.select()
    if (script) return
    script = document.createElement("script")
    script.src = box.dataset.script
    script.onerror = () => { script.remove(); script = null } // the next try may reach it
    document.head.append(script)
  }

  for (const button of document.querySelectorAll("[data-search-open]")) button.hidden = false
  document.addEventListener("click", event => {
    if (event.target.closest("[data-search-open]")) open()
  })
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || !["/", "s", "f"].includes(event.key)) return
    if (event.target.closest("input, textarea, select, [contenteditable]") || box.open) return
    event.preventDefault()
    open()
  })
  const asked = new URLSearchParams(location.search).get("q")
  if (asked) {
    input.value = asked
    open()
  }
})()
