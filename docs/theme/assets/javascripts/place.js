// Keeps page and entry when the version or the language changes. Where they do not exist, it goes
// to the nearest page above them and says why. The 404 pages load it for the same reason.
(() => {
  const LANGUAGE = "pytorch-cheatsheet:language"
  const GONE = "pytorch-cheatsheet:gone"
  const words = {
    zh: {
      here: version => version === "latest" ? "最新版" : /^\d/.test(version) ? `${version} 版` : "",
      entry: (here, id) => `${here}的这一页没有条目 #${id}。`.replace(/^的/, ""),
      page: (here, path) => `${here}没有 ${path} 这一页，这里是离它最近的上级页面。`,
      version: (here, version) => `没有 ${version} 版，这里是${here}。`,
    },
    en: {
      here: version => version === "latest" ? "The latest version" :
        /^\d/.test(version) ? `Version ${version}` : "This site",
      entry: (here, id) => `${here} has no entry #${id} on this page.`,
      page: (here, path) => `${here} has no page ${path}. This is the nearest page above it.`,
      version: (here, version) => `There is no version ${version}. This is ${here.replace("T", "t")}.`,
    },
  }

  // Storage may be forbidden; what it remembers is then forgotten.
  const remember = (storage, key, value) => { try { self[storage].setItem(key, value) } catch {} }
  const recall = (storage, key) => { try { return self[storage].getItem(key) } catch { return null } }

  async function exists(url) {
    try { return (await fetch(url, { method: "HEAD" })).ok } catch { return true }
  }

  // The longest start of `path` that is a page below `home`; null when not even `home` exists.
  async function nearest(home, path) {
    while (!await exists(new URL(path, home))) {
      if (!path) return null
      path = path.replace(/[^/]*\/?$/, "")
    }
    return path
  }

  async function travel(home, path, hash, gone) {
    const found = await nearest(home, path)
    if (found === null && gone) return
    if (found !== path) gone = ["page", path.replace(/\/$/, "")]
    const url = new URL(found ?? "", home)
    if (gone && url.pathname === location.pathname) return // a 404 page: it would come again
    if (gone) remember("sessionStorage", GONE, JSON.stringify(gone))
    url.hash = found === path ? hash : ""
    gone ? location.replace(url) : location.assign(url)
  }

  // A 404 page: `data-not-found` is the path of the site's root, or empty on a page of a version.
  async function findTheWay(root) {
    const place = location.pathname.slice(root.pathname.length).match(/^(zh|en)\/([^/]+)\/?(.*)$/)
    if (!place) return
    const [, language, version, path] = place
    const versions = await (await fetch(new URL(`${language}/versions.json`, root))).json()
    const names = versions.flatMap(v => [v.version, ...v.aliases])
    if (!names.length) return
    const known = names.includes(version)
    const there = known ? version : names.includes("latest") ? "latest" : names[0]
    await travel(new URL(`${language}/${there}/`, root), path, location.hash,
      known ? ["page", path] : ["version", version])
  }

  function explain([kind, name], version) {
    const { here, ...said } = words[document.documentElement.lang] || words.en
    const note = document.createElement("div")
    note.className = "admonition note place"
    note.setAttribute("role", "status")
    const text = note.appendChild(document.createElement("p"))
    text.className = "admonition-title"
    text.textContent = said[kind](here(version), name)
    document.querySelector(".md-content__inner").prepend(note)
  }

  const config = document.getElementById("__config")
  const base = config && new URL(JSON.parse(config.textContent).base.replace(/\/?$/, "/"), location)
  const lost = document.querySelector("[data-not-found]")
  if (lost) {
    findTheWay(new URL(lost.dataset.notFound || "../../", base || location)).catch(() => {})
    return
  }

  const version = base.pathname.split("/").at(-2)
  const path = location.pathname.slice(base.pathname.length)
  let entry = location.hash.slice(1)
  try { entry = decodeURIComponent(entry) } catch {}
  const gone = recall("sessionStorage", GONE)
  if (gone) {
    try { sessionStorage.removeItem(GONE) } catch {}
    explain(JSON.parse(gone), version)
  } else if (entry && !document.getElementById(entry)) {
    explain(["entry", entry], version)
  }

  // The same page there, so that a click with Ctrl or the middle button keeps the place too.
  const links = ".md-version__link, .md-select__link[hreflang]"
  for (const kind of ["pointerdown", "click"])
    document.addEventListener(kind, event => {
      const link = event.target.closest?.(links)
      if (!link) return
      const language = link.hreflang
      if (location.protocol === "file:") {
        link.hash = location.hash
        return
      }
      link.dataset.home ??= language
        ? base.href.replace(/\/(zh|en)\/(?=[^/]*\/?$)/, `/${language}/`)
        : link.href
      link.href = new URL(path, link.dataset.home).href + location.hash
      if (kind === "pointerdown") return
      if (language) remember("localStorage", LANGUAGE, language)
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      event.stopPropagation() // Material would go to the top of the other site
      travel(link.dataset.home, path, location.hash)
    }, true)
})()
