"""From the files of `snippets/` and the prose of `docs/` to what readers see and tests run.

`snippet`     one file: its bilingual comments, its essential lines
`printed`     the outputs that a file shows, exact or as an example
`catalogue`   the sheet: pages, entries and blocks in reading order; all else loops over it
`expand`      the one expansion: a page and a language in, the displayed Markdown out
`gallery`     the notebooks of the gallery: sources, figures, execution
`notebooks`   a page as a notebook and as plain Markdown
`take`        what a page offers to take away, written beside it
`code`        long lines on a narrow screen
`figures`     room for the images of a page before they come
`assets`      our CSS and JavaScript, joined
`policy`      what a page may load
`receipts`    what ran where, by device and torch release
`release`     what a build says about the version that it is part of
`glossary`    other names of entries, words that prose avoids
`execution`   runs a snippet as a script, in a forked process
`outputs`     `nox -s outputs`: rewrites the outputs that snippets show
`new`         `nox -s new`: writes the stubs of an entry
`agreed`      `nox -s agree`: notes that both languages, the code and the test of an entry agree
`pages/`      what pages show beside what was written: badges, verification, errata, home, gallery
`lint/`       every rule on sources; needs no build
`search/`     what the search box loads: the engine, the index, the box
`symbols`     the names of torch that blocks use, methods among them
`extras`      what is published beside the pages: llms.txt, editor snippets, the API as JSON
`pdf`         the one page as a PDF
`mkdocs`      how MkDocs gets all this
`notebook_page`  how a notebook of the gallery looks: the door behind mkdocs-jupyter
`material/`   what only Material needs
`publish/`    plan, deploy, preview of a version
"""
