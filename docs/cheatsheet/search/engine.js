// The search behind the box: splits words, looks them up, and ranks what covers most of the query.
// It knows no page and no browser, so that the tests run it as it is.
const cheatsheetSearch = (() => {
  const FIELDS = ["title", "names", "api", "messages", "code", "lead", "text"]
  // What a word is worth by where it stands: what an entry is called, teaches, says, and mentions.
  const WEIGHT = { title: 10, names: 10, api: 5, messages: 6, code: 2.5, lead: 3, text: 1.5 }
  const FAINT = 0.2 // of the best score: what is less is no answer
  const LISTS = new Set(["api", "code", "text"]) // of words that are no neighbours

  // Words that make a question, and none that are a name here.
  const STOP = new Set(`a an and are as at be been but by can could do does did for from get gets got
    have has how i if in into is it its me my of on or our please pytorch should so some than that
    the their them then there these this those to torch use using used via want was what when where
    which while who why over about just also any need tell will with without would you your vs versus between difference way`.split(/\s+/))
  const ASKED = new RegExp([
    "怎么办", "怎么样", "怎样", "怎么", "如何", "为什么", "为何", "什么时候", "什么", "是不是", "是否",
    "有没有", "能不能", "可不可以", "可以", "哪个", "哪些", "哪里", "请问", "多少", "需要", "应该",
    "看不懂", "是什么意思", "什么意思", "的时候", "我的", "一个", "几个", "的", "了", "吗", "呢", "吧", "啊",
  ].join("|"), "g")
  const JOINT = /[、，,：:（(）)]|与|和| and | or /
  const CHINESE = /\p{Script=Han}+/u
  const PIECE = /\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{N}_])+/gu
  const HUMP = /(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/

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
    for (const [piece] of text.normalize("NFKC").matchAll(PIECE)) {
      if (CHINESE.test(piece)) {
        const chars = [...piece]
        for (let i = 0; i + 1 < chars.length; i++)
          found.push({ term: chars[i] + chars[i + 1], kind: "pair" })
        for (const char of chars) found.push({ term: char, kind: "char", alone: chars.length === 1 })
        continue
      }
      const parts = piece.split(/_+/).flatMap(part => {
        const humps = part.split(HUMP)
        return humps.every(hump => hump.length > 1) ? humps : [part]
      }).filter(Boolean).map(part => part.toLowerCase())
      for (const part of parts) found.push({ term: stem(part), kind: "word", plain: part })
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
      terms.push(a.plain + b.plain)
      if (c?.kind === "word") terms.push(a.plain + b.plain + c.plain)
    }
    return terms
  }

  const lines = text => text.split("\n")
  const terms = (text, field) => lines(text).flatMap(line => {
    const found = words(line)
    const alone = found.map(({ term }) => term)
    return LISTS.has(field) ? alone : [...alone, ...joined(found)]
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

  // `synonyms` are groups of words that stand for one another.
  function build(rows, synonyms) {
    const docs = rows.map(([page, anchor, title, chapter, lead, names, api, messages, code, text], id) =>
      ({ id, page, anchor, title, chapter, lead, names, api, messages, code, text }))
    const mini = new MiniSearch({
      fields: FIELDS, tokenize: terms, processTerm: term => term, searchOptions: { boost: WEIGHT },
    })
    mini.addAll(docs)
    const filled = new Set(docs.filter(({ anchor }) => anchor).map(({ page }) => page))
    // How many entries a word is in; their names one by one, for queries that are one.
    const counts = new Map()
    const spelled = new Map()
    for (const doc of docs) {
      doc.bare = !filled.has(doc.page)
      const all = new Set(FIELDS.flatMap(field => terms(doc[field], field)))
      for (const term of all) counts.set(term, (counts.get(term) ?? 0) + 1)
      for (const { kind, term, plain } of words(FIELDS.map(field => doc[field]).join("\n")))
        if (kind === "word" || kind === "whole") spelled.set(plain ?? term, term)
      doc.called = lines(`${doc.title}\n${doc.names}`)
        .flatMap(name => [name, ...name.split(JOINT)]).filter(Boolean)
        .map(name => new Map(asked(name).map(word => [word.term, worth(word)])))
    }
    const others = new Map()
    for (const group of synonyms) {
      const same = group.map(word => words(word)[0].term)
      for (const term of same) others.set(term, [...others.get(term) ?? [], ...same])
    }
    return { docs, mini, counts, spelled, others, known: [...counts.keys()], cache: new Map() }
  }

  // The words of a query that say what it is about.
  function asked(query) {
    const pieces = query.replace(ASKED, " ")
    const all = words(pieces)
    const telling = all.filter(({ kind, plain }) => kind !== "word" || !STOP.has(plain))
    const left = telling.length ? telling : words(query)
    return [...left, ...joined(left).map(term => ({ term, kind: "joined" }))]
  }

  // A character tells less than the pairs that it is in, a number next to nothing.
  const worth = ({ term, kind, alone }) =>
    kind === "char" ? alone ? 0.6 : 0.12 : /^\d+$/.test(term) ? 0.15 : 1

  const rarity = (index, term) => {
    const count = index.counts.get(term)
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
    const all = asked(query)
    const last = all.filter(({ kind }) => kind === "word").at(-1)
    const seen = new Set()
    return all.flatMap(word => {
      const { term, kind } = word
      if (seen.has(term)) return []
      seen.add(term)
      const known = index.counts.has(term)
      const others = (index.others.get(term) ?? []).filter(other => other !== term && index.counts.has(other))
        .map(other => [other, 0.6])
      if (kind === "pair" && others.length)
        return [{ worth: 1, means: known ? [[term, 1], ...others] : others }]
      if (kind === "pair" || kind === "joined" || kind === "whole")
        return known ? [{ worth: 1, means: [[term, 1]] }] : []
      if (kind === "char") return known ? [{ worth: worth(word), means: [[term, 1]] }] : []
      const means = [...known ? [[term, 1]] : [], ...others]
      if (term.length > 2 && (word === last || !known || term.length > 4))
        for (const longer of index.known)
          if (longer.length > term.length && longer.startsWith(term))
            means.push([longer, (known ? 0.3 : 0.75) * Math.sqrt(term.length / longer.length)])
      if (!means.length) {
        const [one, two] = [near(index, word.plain, 1), () => near(index, word.plain, 2)]
        const parts = one.length ? [] : split(index, word.plain)
        for (const close of one.length ? one : parts.length ? parts : two()) means.push([close, 0.7])
      }
      return means.length ? [{ worth: worth(word), means }] : []
    })
  }

  // A word that is two known ones without the gap.
  function split(index, word) {
    const found = []
    for (let i = 3; i + 2 < word.length; i++) {
      const parts = [stem(word.slice(0, i)), stem(word.slice(i))]
      if (parts.every(part => index.counts.has(part))) found.push(...parts)
    }
    return found
  }

  // Where a term stands: `[[doc, worth]]`, looked up once.
  function places(index, term) {
    if (!index.cache.has(term)) {
      const found = index.mini.search(term, { tokenize: t => [t] })
      index.cache.set(term, found.map(({ id, match }) => {
        const values = Object.values(match)[0].map(field => WEIGHT[field]).sort((a, b) => b - a)
        return [id, values[0] + 0.1 * values.slice(1).reduce((sum, value) => sum + value, 0)]
      }))
    }
    return index.cache.get(term)
  }

  // Returns the docs that share a word with the query, best first, and the words they were found by.
  function search(index, query) {
    const wanted = units(index, cleaned(query))
    const scores = new Map()
    let total = 0
    for (const unit of wanted) {
      const { worth, means } = unit
      const rare = unit.rare = worth * Math.max(...means.map(([term, share]) => share * rarity(index, term)))
      total += rare
      const best = new Map()
      for (const [term, share] of means)
        for (const [id, value] of places(index, term))
          best.set(id, Math.max(best.get(id) ?? 0, share * value))
      for (const [id, value] of best) {
        const score = scores.get(id) ?? { sum: 0, covered: 0 }
        score.sum += rare * value
        score.covered += rare
        scores.set(id, score)
      }
    }
    const ranked = [...scores].map(([id, { sum, covered }]) => {
      const doc = index.docs[id]
      let score = sum / total * Math.sqrt(covered / total) + 10 * likeness(index, doc, wanted)
      if (!doc.anchor || doc.page.startsWith("gallery/")) score *= 0.5
      return { doc, score }
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

  // How much the query is like the nearest name of an entry: 1 where it is that name.
  function likeness(index, doc, wanted) {
    let best = 0, asked = 0
    for (const unit of wanted) asked += unit.rare
    for (const name of doc.called) {
      let shared = 0, named = 0
      for (const [term, worth] of name) named += rarity(index, term) * worth
      for (const { means, rare } of wanted) {
        const share = means.find(([term]) => name.has(term))?.[1] ?? 0
        shared += rare * share
      }
      best = Math.max(best, shared * 2 / (named + asked))
    }
    return best
  }

  return { build, search, marks, words, asked, units }
})()
