"""Languages as a MOV file notes them: by the numbers of the classic Macintosh.

FFmpeg's muxer knows those by one code each, at times an old one, and its demuxer gives the
same codes back.
"""

from __future__ import annotations

_NAMES = (
    "alb amh ara arm asm aym aze baq bel ben bul bur cat ces chi dan dut dzo eng epo est fin "
    "fra geo ger gre grn guj heb hin hun ice ind iri ita jav jpn kan kas kaz khm kin kir kor "
    "kur lao lat lav lit mac mal mar may mlg mlt mol mon nep nor nya ori orm per pol por pus "
    "que ron run rus san sin slk slv snd som spa swa tam tat tel tgk tgl tha tib tir tuk tur "
    "uig ukr urd uzb vie wel yid"
)
_KNOWN = frozenset(_NAMES.split())
# Those with a second code in ISO 639-2, which the muxer does not know.
_SECOND = {
    "cym": "wel",
    "cze": "ces",
    "deu": "ger",
    "ell": "gre",
    "eus": "baq",
    "fas": "per",
    "fre": "fra",
    "gle": "iri",
    "hye": "arm",
    "isl": "ice",
    "kat": "geo",
    "mkd": "mac",
    "msa": "may",
    "mya": "bur",
    "nld": "dut",
    "rum": "ron",
    "slo": "slk",
    "sqi": "alb",
    "zho": "chi",
}
# Those that it knows by no code of ISO 639-2.
_OWN = {"swe": "sve", "hrv": "hr ", "srp": "sr ", "fao": "fo ", "pan": "pa "}
_STANDARD = {own: standard for standard, own in _OWN.items()}


def quicktime_language(code: str) -> str | None:
    """What FFmpeg's MOV muxer calls a language of ISO 639-2; None if MOV cannot note it."""
    code = _OWN.get(code, _SECOND.get(code, code))
    return code if code in _KNOWN or code in _STANDARD else None


def standard_language(code: str) -> str:
    """The code of ISO 639-2 for one that FFmpeg's MOV demuxer gives."""
    return _STANDARD.get(code, code)
