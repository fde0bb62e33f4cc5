// The search behind the box: splits words, looks them up, and ranks what covers most of the query.
// It knows no page and no browser, so that the tests run it as it is.
const cheatsheetSearch = (() => {
  // What a word of the query is worth where an entry has it at all, in its names, in more of them, or
  // in what it teaches, says, and uses. A name that is like the whole query is worth LIKE, up to three
  // of them, and one that is the query EXACT more.
  const COVER = 5, NAMED = 1, OFTEN = 1, LIKE = 2.5, EXACT = 1.5
  const WORTH = { api: 2, messages: 1, lead: 1, text: 0.5, code: 0 }
  const ELSEWHERE = 0.5 // of the score, for a page or a notebook
  const FAINT = 0.2 // of the best score: what is less is no answer
  const LISTS = new Set(["api", "code", "text"]) // of words that are no neighbours

  const JOINT = /[、，,：:（(）)]|与|和| and | or /
  const CHINESE = /\p{Script=Han}+/u
  const PIECE = /\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{N}_])+/gu
  const SHORT = /\b(?:can|do|does|did|is|are|was|has|have|won|could|would|should)n?'t\b/gi
  const HUMP = /(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z](?!\b))/

  // Light: what a reader may inflect meets what an entry says, `saving` and `save`, `splits` and `split`.
  function stem(word) {
    if (word.length < 4 || !/^[a-z]+$/.test(word)) return word
    let root = word
      .replace(/ies$/, "y").replace(/(ss|x|ch|sh)es$/, "$1").replace(/([^su])s$/, "$1")
      .replace(/is(e|ed|ing|ation)$/, (end, tail) => word.length > 7 ? `iz${tail}` : end)
    const cut = root.replace(/(?<=.{3}z)ation$/, "").replace(/(?<=..t)ion$/, "")
      .replace(/(?<=.{2})(?:ing|ed)$/, "")
    if (/[aeiouy]/.test(cut)) root = cut === root ? root : cut.replace(/([^aeiouls])\1$/, "$1")
    return root.replace(/(?<=..)e$/, "")
  }

  // The one way that text becomes words: `{ term, kind }` in the order in which they stand.
  // A name is its parts and the whole, `CrossEntropyLoss` and `cross_entropy` alike; Chinese is pairs
  // of characters, and each character.
  function words(text) {
    const found = []
    const plain = text.normalize("NFKC").replace(/’/g, "'").replace(SHORT, " not").replace(/'(?:s|m|re|ve|ll|d)\b/gi, "")
    for (const { 0: piece, index } of plain.matchAll(PIECE)) {
      if (CHINESE.test(piece)) {
        const chars = [...piece]
        for (let i = 0; i + 1 < chars.length; i++)
          found.push({ term: chars[i] + chars[i + 1], kind: "pair", parts: [chars[i], chars[i + 1]] })
        for (const char of chars) found.push({ term: char, kind: "char", alone: chars.length === 1 })
        continue
      }
      const parts = piece.split(/_+/).flatMap(part => {
        const humps = part.split(HUMP)
        return humps.every(hump => hump.length > 1) ? humps : [part]
      }).filter(Boolean).map(part => part.toLowerCase())
      const attribute = plain[index - 1] === "." // `.to()` and `torch.where` are names
      for (const part of parts) found.push({ term: stem(part), kind: "word", plain: part, attribute })
      if (parts.length > 1) found.push({ term: parts.join(""), kind: "whole" })
      if (parts.length > 2)
        for (let i = 0; i + 1 < parts.length; i++)
          found.push({ term: parts[i] + parts[i + 1], kind: "joined" })
    }
    return found
  }

  // Neighbours written as one, `batch size` as `batchsize`; of three too.
  function joined(found) {
    const plain = found.filter(({ kind }) => kind !== "char")
    const terms = []
    for (let i = 0; i + 1 < plain.length; i++) {
      const [a, b, c] = plain.slice(i, i + 3)
      if (a.kind !== "word" || b.kind !== "word") continue
      terms.push({ term: a.plain + b.plain, kind: "joined", parts: [a.term, b.term] })
      if (c?.kind === "word") terms.push({ term: a.plain + b.plain + c.plain, kind: "joined", parts: [a.term, b.term, c.term] })
    }
    return terms
  }

  const lines = text => text.split("\n")
  const terms = (text, field) => lines(text).flatMap(line => {
    const found = words(line)
    return [...found, ...LISTS.has(field) ? [] : joined(found)].map(({ term }) => term)
  })

  // What remains of a pasted message without what differs from run to run.
  function cleaned(query) {
    let text = query.normalize("NFKC")
    if (/Traceback \(most recent|File ".*?", line \d+/.test(text)) {
      const last = text.match(/.*\b\w*(?:Error|Exception|Warning|Interrupt)\b:?\s*([^]*)$/)
      if (last) text = last[0].slice(last[0].search(/\w*(?:Error|Exception|Warning|Interrupt)\b:?\s*[^]*$/))
    }
    const bare = text
      .replace(/File "[^"]*", line \d+(?:, in \S+)?/g, " ")
      .replace(/0x[0-9a-f]+/gi, " ")
      .replace(/(?:\/[\w.-]+){2,}|[A-Z]:\\\S+/g, " ")
      .replace(/\b[\w.]*?(?:Runtime|Value|Type|Assertion|Attribute|Import|Index)Error:/g, " ")
      .replace(/\b(?:User|Future|Deprecation)Warning:/g, " ")
    return bare.trim() ? bare : text
  }

  // `synonyms` are groups of words that stand for one another, `questions` words that only ask.
  function build(rows, synonyms, questions) {
    const only = {
      phrases: new RegExp(questions.filter(word => CHINESE.test(word)).join("|"), "g"),
      stop: new Set(questions),
    }
    const docs = rows.map(([page, anchor, title, chapter, lead, names, api, messages, code, text], id) =>
      ({ id, page, anchor, title, chapter, lead, names, api, messages, code, text }))
    const places = new Map() // term → what it is worth in each doc
    const names = new Map() // term → the names that have it, and the parts of names
    const spelled = new Map()
    const found = (term, { id }, worth) => {
      if (!places.has(term)) places.set(term, new Map())
      places.get(term).set(id, (places.get(term).get(id) ?? COVER) + worth)
    }
    const parts = []
    for (const doc of docs) {
      const often = new Map()
      for (const line of lines(`${doc.title}\n${doc.names}`)) {
        const known = new Set()
        for (const name of new Set([line, ...line === doc.title ? line.split(JOINT) : []])) {
          const telling = asked(name, only)
          const terms = new Map(telling.map(word => [word.term, word]))
          parts.push({ doc, line, terms })
          const glued = telling.map(({ kind, plain }) => plain ?? (kind === "char" ? " " : "")).join("")
          if (terms.size > 1 && terms.has(glued)) parts.push({ doc, line, terms: new Map([[glued, terms.get(glued)]]) })
          for (const term of terms.keys()) known.add(term)
        }
        for (const term of known) often.set(term, (often.get(term) ?? 0) + 1)
      }
      for (const [term, times] of often) found(term, doc, NAMED + OFTEN * Math.log(1 + times))
      for (const [field, worth] of Object.entries(WORTH))
        for (const term of new Set(terms(doc[field], field))) found(term, doc, worth)
      for (const { kind, term, plain } of words([doc.title, doc.names, ...Object.keys(WORTH).map(f => doc[f])].join("\n")))
        if ((kind === "word" || kind === "whole") && places.has(term)) spelled.set(plain ?? term, term)
    }
    const others = new Map()
    for (const group of synonyms) {
      const same = group.map(word => words(word)[0].term)
      for (const term of same) others.set(term, [...others.get(term) ?? [], ...same])
    }
    const index = { docs, places, names, spelled, others, stems: new Set(spelled.values()), only }
    for (const part of parts) {
      part.mass = 0
      for (const [term, word] of part.terms) {
        part.mass += rarity(index, term) * worth(index, word)
        names.set(term, [...names.get(term) ?? [], part])
      }
    }
    return index
  }

  // The words of a query that say what it is about.
  function asked(query, { phrases, stop }) {
    const all = words(query.replace(phrases, " "))
    const telling = all.filter(({ kind, plain, attribute }) => kind !== "word" || attribute || !stop.has(plain))
    const left = telling.length ? telling : words(query)
    return [...left, ...joined(left)]
  }

  // A character tells less than the pairs that it is in, a number next to nothing, and neighbours
  // that rarely stand together are no word.
  function worth(index, { term, kind, alone, parts }) {
    if (kind === "char") return alone ? 0.6 : 0.12
    if (!parts || index.spelled.has(term)) return /^\d+$/.test(term) ? 0.15 : 1
    const often = term => index.places.get(term)?.size ?? 0
    return 0.3 + 0.7 * Math.min(1, often(term) / Math.min(...parts.map(often)))
  }

  const rarity = (index, term) => {
    const count = index.places.get(term)?.size
    return count ? Math.log(1 + index.docs.length / count) : 0
  }

  // One wrong letter, or two neighbours swapped; two wrong in a long word.
  function near(index, word, most) {
    if (word.length < 2 + 3 * most) return []
    const close = [...index.spelled].filter(([known]) => distance(word, known, most) <= most)
    return [...new Set(close.map(([, term]) => term))]
  }

  function distance(a, b, most) {
    if (Math.abs(a.length - b.length) > most || a[0] !== b[0] && a[1] !== b[1]) return most + 1
    let above, row = Array.from({ length: b.length + 1 }, (_, i) => i)
    for (let i = 1; i <= a.length; i++) {
      const next = [i]
      for (let j = 1; j <= b.length; j++) {
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
        if (i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], above[j - 2] + 1)
      }
      if (Math.min(...next) > most) return most + 1
      above = row
      row = next
    }
    return row[b.length]
  }

  // Each word of the query as the words of the index that it may mean, with what each is worth.
  function units(index, query) {
    const all = asked(query, index.only)
    const last = all.filter(({ kind }) => kind === "word").at(-1)
    const seen = new Set()
    return all.flatMap(word => {
      const { term, kind } = word
      if (seen.has(term)) return []
      seen.add(term)
      const known = index.places.has(term)
      const others = (index.others.get(term) ?? []).filter(other => other !== term && index.places.has(other))
        .map(other => [other, 0.6])
      if (kind === "pair" && others.length)
        return [{ worth: known ? worth(index, word) : 1, means: known ? [[term, 1], ...others] : others }]
      if (kind !== "word") return known ? [{ worth: worth(index, word), means: [[term, 1]] }] : []
      const means = [...known ? [[term, 1]] : [], ...others]
      if (term.length > 2 && (word === last || !known || term.length > 4))
        for (const longer of index.stems)
          if (longer.length > term.length && longer.startsWith(term))
            means.push([longer, (known ? 0.3 : 0.75) * Math.sqrt(term.length / longer.length)])
      if (!means.length) {
        const [one, two] = [near(index, word.plain, 1), () => near(index, word.plain, 2)]
        const parts = one.length ? [] : split(index, word.plain)
        for (const close of one.length ? one : parts.length ? parts : two()) means.push([close, 0.7])
      }
      return means.length ? [{ worth: worth(index, word), means }] : []
    })
  }

  // A word that is two known ones without the gap.
  function split(index, word) {
    const found = []
    for (let i = 3; i + 2 < word.length; i++) {
      const parts = [stem(word.slice(0, i)), stem(word.slice(i))]
      if (parts.every(part => index.places.has(part))) found.push(...parts)
    }
    return found
  }

  // Returns the docs that share a word with the query, best first, and the words they were found by.
  function search(index, query) {
    const wanted = units(index, cleaned(query))
    const add = (sums, key, value) => sums.set(key, (sums.get(key) ?? 0) + value)
    const raise = (most, key, value) => most.set(key, Math.max(most.get(key) ?? 0, value))
    for (const unit of wanted)
      unit.rare = unit.worth * Math.max(...unit.means.map(([term, share]) => share * rarity(index, term)))
    const total = wanted.reduce((sum, { rare }) => sum + rare, 0)
    const scores = new Map(), shared = new Map()
    for (const { rare, means } of wanted) {
      const here = new Map(), alike = new Map()
      for (const [term, share] of means) {
        for (const [id, worth] of index.places.get(term)) raise(here, id, share * worth)
        for (const name of index.names.get(term) ?? []) raise(alike, name, share)
      }
      for (const [id, value] of here) add(scores, id, rare / total * value)
      for (const [name, share] of alike) add(shared, name, rare * share)
    }
    const likeness = new Map()
    for (const [name, value] of shared) {
      const { doc, line, mass } = name
      if (!likeness.has(doc)) likeness.set(doc, new Map())
      raise(likeness.get(doc), line, 2 * value / (mass + total))
    }
    const ranked = [...scores].map(([id, sum]) => {
      const doc = index.docs[id]
      const best = [...likeness.get(doc)?.values() ?? []].sort((a, b) => b - a)
      const like = best.slice(0, 3).reduce((all, one) => all + one, 0)
      const score = sum + LIKE * like + (best[0] > 0.97 ? EXACT : 0)
      return { doc, score: doc.anchor && !doc.page.startsWith("gallery/") ? score : ELSEWHERE * score }
    })
    const told = wanted.flatMap(({ means }) => means.map(([term]) => term))
    ranked.sort((a, b) => b.score - a.score)
    return { found: ranked.filter(({ score }) => score > FAINT * ranked[0].score), told }
  }

  // A text in parts, `[part, whether the query asked for it]`.
  function marks(text, told) {
    const asked = new Set(told)
    const parts = []
    const push = (part, found) => {
      if (part && parts.at(-1)?.[1] === found) parts.at(-1)[0] += part
      else if (part) parts.push([part, found])
    }
    let end = 0
    for (const match of text.matchAll(PIECE)) {
      push(text.slice(end, match.index), false)
      end = match.index + match[0].length
      if (!CHINESE.test(match[0])) {
        push(match[0], words(match[0]).some(({ term }) => asked.has(term)))
        continue
      }
      const chars = [...match[0]]
      chars.forEach((char, i) => push(char, asked.has(chars[i - 1] + char) ||
        asked.has(char + chars[i + 1]) || chars.length === 1 && asked.has(char)))
    }
    push(text.slice(end), false)
    return parts
  }

  return { build, search, marks }
})()
