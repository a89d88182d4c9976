#!/usr/bin/env python3
"""Checks the links between the repository's Markdown files.

The target of a relative link exists and is tracked by git; a fragment names a heading of its document. Links to other
hosts are not checked: the result does not depend on the network. Needs git and nothing but Python's own library.
"""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
INLINE = re.compile(r"\]\(\s*<?([^()<>\s]*(?:\([^()\s]*\)[^()<>\s]*)*)>?(?:\s+[\"'][^)]*)?\s*\)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]^][^\]]*\]:\s*<?(\S+?)>?(?:\s|$)")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$")
ANCHOR = re.compile(r"<a\s+(?:id|name)=[\"']([^\"']+)[\"']")


def prose(text: str) -> list[tuple[int, str]]:
    """Lines outside fenced code, with their numbers."""
    lines, fence = [], None
    for number, line in enumerate(text.splitlines(), 1):
        found = FENCE.match(line)
        if found and fence is None:
            fence = found[1]
        elif found and found[1].startswith(fence or ""):
            fence = None
        elif fence is None:
            lines.append((number, line))
    return lines


def slug(heading: str) -> str:
    """The fragment that GitHub and mdBook give a heading."""
    heading = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    heading = re.sub(r"[^\w\- ]", "", heading.lower())
    return heading.replace(" ", "-")


def fragments(text: str) -> set[str]:
    """Every fragment of a document."""
    found: set[str] = set()
    for _, line in prose(text):
        found.update(ANCHOR.findall(line))
        heading = HEADING.match(line)
        if heading is None:
            continue
        base = name = slug(heading[1])
        count = 0
        while name in found:
            count += 1
            name = f"{base}-{count}"
        found.add(name)
    return found


def main() -> int:
    """Prints every broken link; the exit code is 1 if there is one."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")
    tracked = {ROOT / name for name in listed if name and (ROOT / name).exists()}
    folders = {parent for path in tracked for parent in path.parents}
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(tracked) if path.suffix == ".md"}
    known = {path: fragments(text) for path, text in texts.items()}
    broken, count = [], 0
    for path, text in texts.items():
        for number, line in prose(text):
            line = CODE.sub("", line)
            for target in INLINE.findall(line) + REFERENCE.findall(line):
                if re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE) or target.startswith("//"):
                    continue
                count += 1
                place = f"{path.relative_to(ROOT)}:{number}"
                name, _, fragment = unquote(target).partition("#")
                other = (path.parent / name).resolve() if name else path
                if other not in tracked and other not in folders:
                    broken.append(f"{place}: {target}: no such file")
                elif fragment and other in known and fragment not in known[other]:
                    broken.append(f"{place}: {target}: no such heading")
    for line in broken:
        print(line, file=sys.stderr)
    print(f"{count} links in {len(texts)} documents, {len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
