"""Datasets in the layouts in which they are distributed."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from dain.errors import DainWarning, MediaError, OptionError
from dain.evaluation import DATASETS, doubts, find_samples
from dain.evaluation.datasets import spread
from dain.evaluation.samples import halved, middle

HALF = Fraction(1, 2)


def names(samples):
    return [sample.name for sample in samples]


def pixels_of(sample):
    """First frame, last frame, and the only true one, which is half way."""
    first, last, truths = sample.load()
    (truth,) = truths
    assert truth.time == HALF
    return first, truth.picture, last


@pytest.fixture
def middlebury(write, tmp_path):
    for name in ("Walking", "Beanbags"):
        write(f"mb/other-data/{name}/frame10.png", 10)
        write(f"mb/other-data/{name}/frame11.png", 11)
        write(f"mb/other-gt-interp/{name}/frame10i11.png", 12)
    write("mb/other-data/Army/frame10.png", 0)  # its truth is kept secret
    write("mb/other-data/Army/frame11.png", 0)
    return tmp_path / "mb"


@pytest.mark.parametrize("inside", [".", "..", "other-data", "other-gt-interp"])
def test_middlebury_and_where_it_may_be_pointed_at(middlebury, picture, inside):
    samples = find_samples("middlebury", middlebury / inside)
    assert names(samples) == ["Beanbags", "Walking"]
    for found, seed in zip(pixels_of(samples[0]), (10, 12, 11), strict=True):
        np.testing.assert_array_equal(found, picture(seed))


def test_middlebury_by_its_other_names(middlebury):
    (middlebury / "other-data").rename(middlebury / "input")
    (middlebury / "other-gt-interp").rename(middlebury / "gt")
    assert names(find_samples("middlebury", middlebury)) == ["Beanbags", "Walking"]


def test_ucf101_in_order_of_its_numbers(write, tmp_path, picture):
    for number in (1, 2, 10, 111):
        for seed, part in enumerate(("00", "01_gt", "02")):
            write(f"ucf/{number}/frame_{part}.png", 10 * number + seed)
    write("ucf/3/frame_00.png", 0)
    for root in ("ucf", "."):
        samples = find_samples("ucf101", tmp_path / root)
        assert names(samples) == ["1", "2", "10", "111"]
    first, truth, last = pixels_of(samples[2])
    np.testing.assert_array_equal(first, picture(100))
    np.testing.assert_array_equal(truth, picture(101))
    np.testing.assert_array_equal(last, picture(102))


@pytest.fixture
def vimeo(write, tmp_path):
    for name in ("00001/0389", "00096/0001"):
        for k in (1, 2, 3):
            write(f"vimeo/sequences/{name}/im{k}.png", k)
    write("vimeo/sequences/00002/0001/im1.png", 0)  # for training
    (tmp_path / "vimeo" / "tri_testlist.txt").write_bytes(b"00001/0389\r\n00096/0001\r\n\r\n")
    return tmp_path / "vimeo"


@pytest.mark.parametrize("inside", [".", "..", "sequences"])
def test_vimeo90k_by_its_list(vimeo, picture, inside):
    samples = find_samples("vimeo90k", vimeo / inside)
    assert names(samples) == ["00001/0389", "00096/0001"]
    np.testing.assert_array_equal(pixels_of(samples[1])[1], picture(2))


def test_the_archive_of_vimeo90k_with_the_test_set_alone(write, tmp_path, picture):
    write("interp/input/00001/0389/im1.png", 1)
    write("interp/target/00001/0389/im2.png", 2)
    write("interp/input/00001/0389/im3.png", 3)
    (tmp_path / "interp" / "tri_testlist.txt").write_text("00001/0389\n")
    (sample,) = find_samples("vimeo90k", tmp_path / "interp")
    np.testing.assert_array_equal(pixels_of(sample)[1], picture(2))


def test_the_targets_of_vimeo90k_alone(write, tmp_path, picture):
    for k in (1, 2, 3):
        write(f"interp/target/00001/0389/im{k}.png", k)
    (tmp_path / "interp" / "tri_testlist.txt").write_text("00001/0389\n")
    (sample,) = find_samples("vimeo90k", tmp_path / "interp")
    np.testing.assert_array_equal(pixels_of(sample)[0], picture(1))


def test_listed_files_that_are_missing_are_told_before_the_work(vimeo):
    (vimeo / "sequences/00096/0001/im3.png").unlink()
    with pytest.raises(MediaError, match=r"2 samples, found 1 missing, .*0001/im3\.png"):
        find_samples("vimeo90k", vimeo)
    assert names(find_samples("vimeo90k", vimeo, limit=1)) == ["00001/0389"]


SNU = "GOPRO_test/GOPR0384_11_00"


def write_snu_lists(folder, prefix):
    folder.mkdir(parents=True, exist_ok=True)
    for subset, step in (("easy", 1), ("hard", 4)):
        lines = [
            " ".join(f"{prefix}{SNU}/{k + n * step:06}.png" for n in (-1, 0, 1)) for k in (10, 20)
        ]
        (folder / f"test-{subset}.txt").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("images", "lists", "prefix", "root"),
    [
        ("test", ".", "data/SNU-FILM/test/", "."),
        ("test", "eval_modes", "data/SNU-FILM/test/", "."),
        ("test", ".", "data/SNU-FILM/test/", "test"),
        ("test", "eval_modes", "data/SNU-FILM/test/", "eval_modes"),
        ("test", ".", "../data/SNU_FILM/test/", "."),
        ("test", ".", "data/SNU-FILM/test/", ".."),
        ("data/SNU-FILM/test", ".", "data/SNU-FILM/test/", "."),
        (".", ".", "data/SNU-FILM/test/", "."),
        ("test", ".", "test/", "."),
    ],
)
def test_snu_film_by_its_lists(write, tmp_path, picture, images, lists, prefix, root):
    for k in (6, 9, 10, 11, 14, 16, 19, 20, 21, 24):
        write(f"snu/{images}/{SNU}/{k:06}.png", k)
    write_snu_lists(tmp_path / "snu" / lists, prefix)
    samples = find_samples("snufilm", tmp_path / "snu" / root)
    assert [sample.subset for sample in samples] == ["easy", "easy", "hard", "hard"]
    assert samples[0].name == f"{SNU}/000010"
    for found, k in zip(pixels_of(samples[3]), (16, 20, 24), strict=True):
        np.testing.assert_array_equal(found, picture(k))
    hard = find_samples("snufilm", tmp_path / "snu" / root, ["hard"])
    assert hard == samples[2:]
    with pytest.raises(MediaError, match="found no complete sample of extreme"):
        find_samples("snufilm", tmp_path / "snu" / root, ["extreme"])


def test_a_list_that_is_none_is_refused(tmp_path):
    (tmp_path / "test-easy.txt").write_text("a.png b.png c.png\na.png b.png\n")
    with pytest.raises(MediaError, match=r"three pictures in line 2 of .*test-easy\.txt, found 2"):
        find_samples("snufilm", tmp_path)
    (tmp_path / "test-easy.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MediaError, match="cannot read the list"):
        find_samples("snufilm", tmp_path)


@pytest.mark.parametrize("pattern", ["{clip}/{k:03}.png", "{clip}-{k:03}.png"])
def test_xiph_even_frames_from_odd_ones(write, tmp_path, picture, pattern):
    for clip, seed in (("Tango", 0), ("FoodMarket2", 100)):
        for k in range(1, 8):
            write(f"xiph/{pattern.format(clip=clip, k=k)}", seed + k)
    for root in ("xiph", "."):
        samples = find_samples("xiph", tmp_path / root)
        assert [sample.subset for sample in samples] == ["2k"] * 6 + ["4k"] * 6
    found = [sample.between[0][1].stem[-3:] for sample in samples]
    assert found == ["002", "004", "006"] * 4
    assert len(set(names(samples))) == 6
    four = next(s for s in samples if s.subset == "4k" and s.name.startswith("Tango"))
    for pixels, k in zip(pixels_of(four), (1, 2, 3), strict=True):
        np.testing.assert_array_equal(pixels, picture(k)[10:30, 12:36])
    two = next(s for s in samples if s.subset == "2k" and s.name.startswith("Tango"))
    block = picture(1)[:2, :2].astype(float).mean((0, 1))
    assert np.abs(pixels_of(two)[0][0, 0] - block).max() <= 0.5


def test_xiph_takes_the_first_hundred_frames_of_a_clip(tmp_path, write):
    file = write("one.png", 0, 4, 4).read_bytes()
    (tmp_path / "x" / "Tango").mkdir(parents=True)
    for k in range(1, 105):
        (tmp_path / "x" / "Tango" / f"{k:03}.png").write_bytes(file)
    samples = find_samples("xiph", tmp_path / "x", ["4k"])
    assert names(samples) == [f"Tango/{k:03}" for k in range(2, 99, 2)]


def test_a_gap_in_numbered_frames_is_refused(write, tmp_path):
    for k in (1, 2, 4):
        write(f"x/Tango/{k:03}.png", k)
    with pytest.raises(MediaError, match=r"without a gap .*002\.png followed by 004\.png"):
        find_samples("xiph", tmp_path / "x")


@pytest.mark.parametrize("root", ["test", ".", "test/Type2"])
def test_x_test_has_seven_truths_a_scene(write, tmp_path, picture, root):
    for scene in ("Type1/TEST01_003_f0433", "Type2/TEST06_001_f0273"):
        for k in range(33):
            write(f"test/{scene}/{k:04}.png", k, 8, 8)
    write("test/Type3/TEST11_078_f4977/0000.png", 0)  # incomplete
    samples = find_samples("xtest", tmp_path / root, ["4k"])
    assert names(samples) == ["Type1/TEST01_003_f0433", "Type2/TEST06_001_f0273"]
    first, last, truths = samples[1].load()
    np.testing.assert_array_equal(first, picture(0, 8, 8))
    np.testing.assert_array_equal(last, picture(32, 8, 8))
    truths = list(truths)
    assert [truth.time for truth in truths] == [Fraction(k, 8) for k in range(1, 8)]
    for k, truth in enumerate(truths, 1):
        np.testing.assert_array_equal(truth.picture, picture(4 * k, 8, 8))
    small = find_samples("xtest", tmp_path / root, ["2k"])[0].load()
    assert small.first.shape == (4, 4, 3)


def test_triplets(write, tmp_path):
    for name in ("b", "a"):
        for k in (1, 2, 3):
            write(f"t/{name}/im{k}.png", k)
    write("t/incomplete/im1.png", 0)
    write("t/notes/other.png", 0)
    with pytest.warns(DainWarning, match=r"left out 1 that lack some, .*incomplete"):
        samples = find_samples("triplets", tmp_path / "t")
    assert names(samples) == ["a", "b"]


def test_sixteen_bits_become_eight(tmp_path):
    folder = tmp_path / "t" / "a"
    folder.mkdir(parents=True)
    for k in (1, 2, 3):
        cv2.imwrite(str(folder / f"im{k}.png"), np.full((4, 4, 3), 257 * 10 * k, np.uint16))
    (sample,) = find_samples("triplets", tmp_path / "t")
    first, truth, last = pixels_of(sample)
    assert (first.dtype, first.max(), truth.max(), last.max()) == (np.uint8, 10, 20, 30)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_wrong_layout_is_told_in_a_line(dataset, tmp_path):
    (tmp_path / "something").mkdir()
    with pytest.raises(MediaError) as told:
        find_samples(dataset, tmp_path)
    assert f"expected {dataset} as {DATASETS[dataset].layout}, found no complete one" in str(
        told.value
    )
    with pytest.raises(MediaError, match=r"expected a folder of samples, found .*missing"):
        find_samples(dataset, tmp_path / "missing")


def test_two_datasets_in_a_folder_are_told_apart(write, tmp_path):
    for root in ("ours", "theirs"):
        for part in ("00", "01_gt", "02"):
            write(f"{root}/1/frame_{part}.png", 0)
    with pytest.raises(MediaError, match=r"expected one dataset in .*ours and .*theirs"):
        find_samples("ucf101", tmp_path)


def test_wishes_that_cannot_be_met(tmp_path):
    with pytest.raises(OptionError, match="--dataset must be one of middlebury, ucf101"):
        find_samples("nonesuch", tmp_path)
    with pytest.raises(OptionError, match="--subset must be one of 2k, 4k for xiph, found '8k'"):
        find_samples("xiph", tmp_path, ["2k", "8k"])
    with pytest.raises(OptionError, match="--subset must be left out for ucf101, found 'easy'"):
        find_samples("ucf101", tmp_path, ["easy"])
    with pytest.raises(OptionError, match="--limit must be at least 1, found 0"):
        spread([1, 2], 0)


def test_a_limit_is_spread_evenly():
    assert spread(range(10), None) == list(range(10))
    assert spread(range(10), 4) == [0, 2, 5, 7]
    assert spread(range(10), 1) == [0]
    assert spread(range(3), 9) == [0, 1, 2]
    assert spread([], 9) == []


def test_a_limit_holds_for_each_subset(write, tmp_path):
    for k in range(1, 12):
        write(f"x/Tango/{k:03}.png", k)
    samples = find_samples("xiph", tmp_path / "x", limit=2)
    assert [sample.subset for sample in samples] == ["2k", "2k", "4k", "4k"]


def test_a_number_unlike_the_published_one_is_doubted(middlebury, write, tmp_path):
    samples = find_samples("middlebury", middlebury)
    (line,) = doubts("middlebury", samples)
    assert line.startswith("middlebury has 12 samples as published, found 2")
    assert doubts("middlebury", samples * 6) == []
    assert doubts("triplets", samples) == []


def test_a_part_that_is_missing_is_doubted(write, tmp_path):
    for k in range(1, 4):
        write(f"x/Tango/{k:03}.png", k)
    samples = [s for s in find_samples("xiph", tmp_path / "x") if s.subset == "2k"]
    assert [line.split(" has")[0] for line in doubts("xiph", samples)] == ["xiph 2k", "xiph 4k"]
    assert len(doubts("xiph", samples, ["2k"])) == 1


def test_bad_samples_are_named(write, tmp_path):
    for k in (1, 2, 3):
        write(f"t/a/im{k}.png", k, height=20 + k)
    (sample,) = find_samples("triplets", tmp_path / "t")
    with pytest.raises(MediaError, match=r"one size, found .*im1\.png with 48x21 and .*48x23"):
        sample.load()
    write("t/a/im3.png", 3, height=21)
    with pytest.raises(MediaError, match=r"im1\.png with 48x21 and .*im2\.png with 48x22"):
        list(sample.load().truths)
    (tmp_path / "t" / "a" / "im2.png").write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"found .*im2\.png is none"):
        list(sample.load().truths)


def test_reshaping(picture):
    whole = picture(0, 216, 4096 // 8)
    assert halved(whole).shape == (108, 256, 3)
    cut = middle(whole)
    np.testing.assert_array_equal(cut, whole[54:-54, 128:-128])
    assert cut.flags.c_contiguous
    assert halved(picture(0, 1, 1)).shape == (1, 1, 3)
