"""`python -m tools.search FILE…`: asks the search of both languages the queries of YAML files.

Prints how often the right entry comes first, is among the first three, and is not found at all,
with every miss. Needs node, and no browser: the engine runs as it is.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

from cheatsheet.catalogue import Sheet
from cheatsheet.search import engine
from cheatsheet.snippet import LANGUAGES

_ASK = """
const queries = {queries}, answers = {{}}, times = []
for (const query of queries) {{
  const start = performance.now()
  const {{ found }} = cheatsheetSearch.search(cheatsheetSearch.index, query)
  times.push(performance.now() - start)
  answers[query] = found.slice(0, 10).map(({{ doc }}) => doc.page + (doc.anchor ? "#" + doc.anchor : ""))
}}
times.sort((a, b) => a - b)
console.log(JSON.stringify({{ answers, median: times[times.length >> 1] }}))
"""


def ask(sheet: Sheet, language: str, queries: list[str]) -> tuple[dict[str, list[str]], float]:
    """Return what is found for each query, best first, and the median of the milliseconds."""
    code = engine(sheet, language) + _ASK.format(queries=json.dumps(queries))
    done = subprocess.run(["node", "-"], input=code, capture_output=True, text=True, check=True)
    data = json.loads(done.stdout)
    return data["answers"], data["median"]


def wanted(label: object) -> list[str]:
    """Return the entries that a label of a query allows; none where any answer is right."""
    return label if isinstance(label, list) else [label] if label else []


def main() -> None:
    sheet = Sheet.read(Path.cwd())
    for path in map(Path, sys.argv[1:]):
        queries = yaml.safe_load(path.read_text(encoding="utf-8"))
        for language in LANGUAGES:
            labels = {q: wanted(label) for q, label in queries[language].items()}
            answers, median = ask(sheet, language, list(labels))
            asked = {query: names for query, names in labels.items() if names}
            first = three = nothing = 0
            for query, names in asked.items():
                found = answers[query]
                right = [place for place, name in enumerate(found) if name in names]
                first += right[:1] == [0]
                three += bool(right) and right[0] < 3
                nothing += not found
                if right[:1] != [0]:
                    place = right[0] + 1 if right else "-"
                    print(
                        f"  {place:>2}  {query}  want {' '.join(names)}  got {' '.join(found[:3])}"
                    )
            print(
                f"{path.name} {language}: first {first}/{len(asked)} = {first / len(asked):.1%}, "
                f"among three {three / len(asked):.1%}, nothing {nothing}, median {median:.1f} ms"
            )


if __name__ == "__main__":
    main()
