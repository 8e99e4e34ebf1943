"""Makes the two font subsets of this folder.

Needs: pip install fonttools brotli; Debian's fonts-noto-cjk-extra unpacked (first argument: path of
NotoSansCJK-Medium.ttc); npm pack @fontsource/noto-sans unpacked (second argument: its files folder).
"""

import glob
import sys

from fontTools import merge, subset
from fontTools.ttLib import TTFont

DROP = ["GSUB", "GPOS", "GDEF", "BASE", "STAT", "DSIG", "vhea", "vmtx", "VORG"]
BLOCKS = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x218, 0x21B), (0x370, 0x3FF), (0x400, 0x45F), (0x490, 0x491),
    (0x1E9E, 0x1E9E), (0x2010, 0x2027), (0x2030, 0x203B), (0x20AC, 0x20AC), (0x2116, 0x2122),
    (0x2190, 0x2193), (0x2200, 0x2265), (0x25A0, 0x25CF), (0x2600, 0x2606), (0x3000, 0x30FF),
    (0xFF01, 0xFF9F), (0xFFE0, 0xFFE6),
]


def characters():
    found = set()
    for first in range(0xA1, 0xF8):
        for second in range(0x40, 0xFF):
            for name in ("gb2312", "big5"):
                # Big5 level 1 ends at C67E.
                if name == "big5" and (first, second) > (0xC6, 0x7E):
                    continue
                try:
                    found.update(map(ord, bytes([first, second]).decode(name)))
                except UnicodeDecodeError:
                    pass
    for low, high in BLOCKS:
        found.update(range(low, high + 1))
    return found


def reduce(font, wanted):
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.drop_tables += DROP
    options.notdef_outline = True
    options.name_IDs = ["*"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    font.flavor = None


def main(collection, folder):
    wanted = characters()
    main_font = TTFont(collection, fontNumber=2)
    reduce(main_font, wanted)
    main_font.save("NotoSansSC-Medium-subset.otf")
    missing = wanted - set(main_font.getBestCmap())
    parts = []
    for script in ("latin-ext", "greek", "cyrillic", "latin"):
        for path in glob.glob(f"{folder}/noto-sans-{script}-500-normal.woff2"):
            font = TTFont(path)
            here = set(font.getBestCmap()) & missing
            missing -= here
            reduce(font, here)
            font.save(f"/tmp/part-{len(parts)}.ttf")
            parts.append(f"/tmp/part-{len(parts)}.ttf")
    merge.Merger().merge(parts).save("NotoSans-Medium-subset.ttf")


main(sys.argv[1], sys.argv[2])
