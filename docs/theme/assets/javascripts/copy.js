// A button in the frame of each block copies it; one in the row under it copies its essential
// lines, dedented. Both say that they did, in their place and to a screen reader.
(() => {
  const words = {
    zh: { copy: "复制", copied: "已复制", failed: "请手动复制" },
    en: { copy: "Copy", copied: "Copied", failed: "Copy by hand" },
  }[document.documentElement.lang] || {}

  for (const block of document.querySelectorAll(".md-typeset .highlight")) {
    const button = document.createElement("button")
    button.type = "button"
    button.dataset.copy = "block"
    button.textContent = words.copy
    block.prepend(button)
  }

  const said = document.body.appendChild(document.createElement("div"))
  said.className = "said"
  said.setAttribute("role", "status")

  // Each piece starts at the margin. Another begins where code stands between, or less indented.
  function essential(block) {
    let last, indent
    return [...block.querySelectorAll(".hll")].map(line => {
      const text = line.textContent.replace(/\n$/, "")
      let between = ""
      for (let node = last?.nextSibling; node && node !== line; node = node.nextSibling)
        between += node.textContent
      const apart = !last || between.replace(/^\s*#[>~].*$/gm, "").trim()
      if (apart || text.trim() && text.search(/\S/) < indent) indent = text.search(/\S/)
      last = line
      return text.slice(indent) + "\n"
    }).join("")
  }

  document.addEventListener("click", async event => {
    const button = event.target.closest("[data-copy]")
    if (!button) return
    const whole = button.dataset.copy === "block"
    let block = button.closest(".highlight, .snippet")
    while (block && !block.matches(".highlight")) block = block.previousElementSibling
    const code = block.querySelector("code")
    let done = true
    try {
      await navigator.clipboard.writeText(whole ? code.textContent
        : `${button.dataset.imports ?? ""}\n${essential(block)}`.trimStart())
    } catch { // forbidden, or no secure place: the reader copies what is selected
      getSelection().selectAllChildren(code)
      done = false
    }
    button.dataset.words ??= button.textContent
    button.textContent = said.textContent = done ? words.copied : words.failed
    button.classList.toggle("done", done)
    clearTimeout(button.timer)
    button.timer = setTimeout(() => {
      button.textContent = button.dataset.words
      said.textContent = ""
      button.classList.remove("done")
    }, 2500)
  })
})()
