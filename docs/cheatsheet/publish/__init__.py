"""`nox -s publish -- 2.14`: the only door to `gh-pages`, the branch that readers see.

The session plans, lints, tests, builds and deploys while it holds a lock. `plan` writes the release
that `build` and `deploy` read; mike deploys both languages in a bare clone below `build/`, and the
branch moves once, at the end. Until then nothing of this repository is written, so a failure or a
kill at any moment leaves it as it was.
"""
