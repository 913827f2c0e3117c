#!/usr/bin/env python3
"""embed.py OUTPUT NAME=FILE…: files as C strings, so that the program needs none of them beside it."""
import sys

output, *pairs = sys.argv[1:]
with open(output, "w") as out:
    out.write('/* Made by src/page/show/embed.py. */\n#include "page/show/assets.h"\n')
    for pair in pairs:
        name, path = pair.split("=", 1)
        out.write(f"\nconst char {name}[] =\n")
        with open(path) as file:
            for line in file:
                text = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
                out.write(f'        "{text}"\n')
        out.write("        ;\n")
