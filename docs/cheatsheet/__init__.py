"""From a snippet file to what a reader sees, and back to what a test runs.

`snippet`    one file of `snippets/`: its bilingual comments, its `#>` output lines
`execution`  runs a snippet as a script and attributes what it printed
`extension`  the Markdown extension that puts a snippet on a page (MkDocs and Zensical)
`pages`      the pages of both languages, as written and as expanded
`check`      everything that can be wrong in the sources, with file, line and remedy
`outputs`    rewrites the `#>` lines
`receipts`   what ran where, and what a page may say because of it
`errata`     the mistakes of the seed, from one data file
`style`      formatting of snippets, Chinese typography
`search`     a MkDocs hook for Material's search
"""
