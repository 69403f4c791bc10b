"""The page of the worst frames, and what is kept for it."""

import base64
import math
import re
from fractions import Fraction
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from dain.evaluation import Baseline, Measured, Report, Score
from dain.evaluation.gains import GainsMeter, Quality
from dain.evaluation.histogram import histogram
from dain.evaluation.page import make_page
from dain.evaluation.shots import Shot
from dain.evaluation.worst import Worst, difference, exhibit_of
from dain.settings import JudgementSettings


def score(name="a", psnr=30.0, **more):
    return Score(name, psnr, **{"ssim": 0.9, "mae": 1.5, **more})


def measured(one, height=40, width=48, seed=0):
    noise = np.random.default_rng(seed)
    pictures = [noise.integers(0, 256, (height, width, 3)).astype(np.uint8) for _ in range(4)]
    return Measured(one, *pictures)


def exhibits_of(scores, count=12):
    worst = Worst(count)
    for one in scores:
        worst.add(measured(one))
    return worst.exhibits


class Reader(HTMLParser):
    """Collects elements with their attributes, and refuses tags that are not closed."""

    VOID = ("meta", "img", "line", "rect", "link", "br")

    def __init__(self, page):
        super().__init__()
        self.elements, self._open = [], []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self._open.pop() == tag

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_worst_are_kept_the_worst_first():
    values = [30, 25, math.inf, 40, 25, 20, 35]
    kept = exhibits_of([score(str(k), value) for k, value in enumerate(values)], 4)
    assert [(one.score.name, one.score.psnr) for one in kept] == [
        ("5", 20),
        ("1", 25),
        ("4", 25),
        ("0", 30),
    ]


def test_fewer_than_asked_for_are_all_kept():
    kept = exhibits_of([score("a", math.inf), score("b", 30)])
    assert [one.score.name for one in kept] == ["b", "a"]


def test_an_exhibit_shows_the_frames():
    one = measured(score(), 60, 80)
    smooth = one._replace(
        **{
            part: np.full((60, 80, 3), level, np.uint8)
            for part, level in (("first", 100), ("last", 200), ("truth", 160), ("made", 150))
        }
    )
    shown = exhibit_of(smooth)
    assert shown.size == (80, 60)
    for data, level in ((shown.inputs, 150), (shown.truth, 160), (shown.made, 150)):
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert pixels.shape == (60, 80, 3)
        assert np.abs(pixels.astype(int) - level).max() <= 1


def test_large_frames_become_modest_pictures():
    shown = exhibit_of(measured(score(), 1080, 1920))
    assert shown.size == (720, 405)
    assert exhibit_of(measured(score(), 1440, 720)).size == (360, 720)


def test_a_difference_is_amplified_and_grows_brighter():
    black = np.zeros((1, 4, 3), np.uint8)
    made = black.copy()
    made[0, :, :] = [[0], [10], [64], [255]]
    shown = difference(made, black).astype(int).sum(axis=2)[0]
    assert shown[0] < 10
    assert shown[0] < shown[1] < shown[2] == shown[3]


def test_the_page_holds_the_worst_and_needs_nothing_else():
    scores = [score(f"n{k}", 20.0 + k) for k in range(10)]
    report = Report(tuple(scores))
    page = make_page("dain-lite on ucf101", ["cpu", "fp32"], report, exhibits_of(scores, 3))
    reader = Reader(page)
    images = [image for image in reader.all("img") if "src" in image]
    assert [image["data-of"] for image in images[::4]] == ["n0", "n1", "n2"]
    assert [image["data-kind"] for image in images[:4]] == [
        "Both inputs",
        "True frame",
        "Made frame",
        "Difference \N{MULTIPLICATION SIGN} 4",
    ]
    for image in images:
        start, data = image["src"].split(",")
        assert start == "data:image/jpeg;base64"
        pixels = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        assert pixels.shape == (int(image["height"]), int(image["width"]), 3)
    for attributes in (attributes for _, attributes in reader.elements):
        assert not {"href", "srcset"} & attributes.keys()
    assert not re.search(r"https?://|@import|url\(", page)
    assert "<h1>dain-lite on ucf101</h1>" in page
    assert "cpu · fp32" in page
    assert f"{report.psnr:.2f}" in page
    assert "The 3 worst frames" in page
    assert "PSNR of 10 frames, dB<" in page
    assert "prefers-color-scheme: dark" in page


def test_foreign_names_cannot_become_markup():
    name = "<script>alert('a')</script>&\"$x"
    one = score(name, subset="<b>")
    page = make_page(name, [name], Report((one,)), exhibits_of([one]), None, name)
    assert "<script>alert" not in page
    assert "<b>:" not in page
    assert "&lt;script&gt;alert(&#x27;a&#x27;)&lt;/script&gt;&amp;&quot;$x" in page
    Reader(page)


def test_a_comparison_tells_what_is_better():
    ours = [score("a", 30.0, mae=2.0), score("b", 20.0, mae=3.0)]
    theirs = [score("a", 29.0, mae=2.5), score("b", 22.5, mae=3.0)]
    baseline = Baseline("average", Report(tuple(theirs)))
    page = make_page("t", [], Report(tuple(ours)), exhibits_of(ours), baseline)
    assert '<span class="bad">\N{MINUS SIGN}0.75</span> against average' in page  # mean PSNR
    assert '<span class="good">\N{MINUS SIGN}0.250</span> against average' in page  # mean error
    assert '<span class="good">+1.00</span> dB' in page
    assert '<span class="bad">\N{MINUS SIGN}2.50</span> dB' in page
    assert '<span class="">\N{PLUS-MINUS SIGN}0.0000</span> against average' in page  # mean SSIM


def test_subsets_times_and_lpips_are_told():
    scores = [
        score("a", 30.0, subset="easy", lpips=0.125),
        score("b", 20.0, subset="hard", lpips=0.25, time=Fraction(3, 8)),
        score("c", math.inf, subset="hard", lpips=0.0, time=Fraction(1001, 3000), mae=0),
    ]
    page = make_page("t", [], Report(tuple(scores)), exhibits_of(scores))
    assert "<td>easy</td><td>1</td><td>30.00</td>" in page
    assert "<td>hard</td><td>2</td><td>60.00</td>" in page
    assert "hard: b, t = 3/8" in page
    assert "hard: c, t = 0.334" in page
    assert "<span>PSNR</span>exact" in page
    assert "<span>LPIPS</span>0.2500" in page
    assert "1 of them exact" in page
    others = [score(one.name, 25.0, subset=one.subset, time=one.time, lpips=0.5) for one in scores]
    baseline = Baseline("<other>", Report(tuple(others)))
    page = make_page("t", [], Report(tuple(scores)), exhibits_of(scores), baseline)
    assert "<th>PSNR against &lt;other&gt;</th>" in page
    assert '<td><span class="good">+35.00</span></td>' in page
    Reader(page)


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        ([30.0] * 8, {"30": 8}),
        ([30.0, 30.1, 30.3, 30.6, 30.6, 31.0, 31.2, 32.24, math.inf], {"30": 2, "30.5": 2}),
        ([0.0, 10, 20, 30, 40, 50, 60, 99.9], {"0": 1, "90": 1}),
    ],
)
def test_a_histogram_counts(values, bars):
    figure = histogram(values)
    Reader(figure)
    counts = dict(re.findall(r"<title>(\S+) to \S+ dB: (\d+)</title>", figure))
    assert sum(int(count) for count in counts.values()) == sum(map(math.isfinite, values))
    for low, count in bars.items():
        assert counts[low] == str(count)
    assert ("without 1 exact" in figure) == (math.inf in values)


def test_a_handful_of_values_makes_no_histogram():
    assert histogram([30.0] * 7) == ""
    assert histogram([math.inf] * 20) == ""


def test_what_judgement_buys_is_a_table():
    meter = GainsMeter(JudgementSettings())
    shots = [Shot(1, Fraction(0), Fraction(2)), Shot(2, Fraction(2), Fraction(7, 2), fades=True)]
    plain, better = Quality(30.0, 0.9, 1.0), Quality(32.0, 0.9, 1.0)
    meter.add(shots[0], {"plain": plain, "cuts": plain, "judged": plain}, 1.0)
    meter.add(shots[1], {"plain": plain, "cuts": better, "judged": better}, 1.0)
    page = make_page("a", [], Report((score(),)), [], gains=meter.told())
    Reader(page)
    rows = [re.findall(r"<td>(?:<span[^>]*>)?([^<]*)", row) for row in page.split("<tr>")[2:]]
    assert rows == [
        ["1", "0.00", "2.00", "1", "30.00", "\u00b10.00", "\u00b10.00"],
        ["2 fade", "2.00", "3.50", "1", "30.00", "+2.00", "+2.00"],
        ["whole clip", "0.00", "3.50", "2", "30.00", "+1.00", "+1.00"],
    ]
    assert "<th>all judgements</th>" in page
