// "Copy as Markdown": the link leads to the page's Markdown, which a click copies instead.
document.addEventListener("click", async event => {
  const link = event.target.closest("[data-copy-page]")
  if (!link || event.ctrlKey || event.metaKey || location.protocol === "file:") return
  event.preventDefault()
  try {
    const text = fetch(link.href).then(answer => answer.ok ? answer.text() : Promise.reject())
    await navigator.clipboard.writeText(await text)
  } catch {
    location.assign(link.href)
    return
  }
  const words = link.textContent
  link.textContent = link.dataset.copyPage
  setTimeout(() => { link.textContent = words }, 2000)
})
