"""What the doctor finds on machines that this one is not, and what it makes of it."""

import os
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from dain.cli import doctor_codecs, doctor_machine, doctor_models
from dain.cli.doctor_advice import advise
from dain.cli.doctor_table import print_report
from dain.engine import FrameLimits
from dain.errors import RunError

needs_posix = pytest.mark.skipif(os.name != "posix", reason="plays a program by a shell script")


def model(**changes):
    usual = {
        "model": "dain-lite",
        "weights": "inside",
        "device": "cpu",
        "precision": "fp32",
        "largest_whole": (2560, 1440),
        "largest_tiled": None,
        "sizes": {"1920x1080": "whole"},
        "trial": None,
        "error": None,
    }
    return {**usual, **changes}


def report(**changes):
    """Of a machine on which there is nothing to remark."""
    usual = {
        "dain": "1.0",
        "python": "3.12",
        "platform": "Linux",
        "cpu": {"name": "C [x]", "cores": 8, "features": ["avx2"], "bfloat16": True},
        "memory_bytes": 16 * 2**30,
        "available_memory_bytes": 8 * 2**30,
        "disk_bytes": 10**12,
        "free_disk_bytes": 5 * 10**11,
        "devices": [
            {
                "device": "cuda:0",
                "name": "H100",
                "memory_bytes": 80 * 10**9,
                "free_memory_bytes": 79 * 10**9,
                "compute_capability": "9.0",
            }
        ],
        "nvidia": {"driver": "550.54", "cards": ["H100"], "torch_cuda": "12.8"},
        "libraries": {"torch": "2.9"},
        "ffmpeg": {"libavcodec": "62"},
        "encoders": {"libx264": True, "h264_vaapi": False},
        "decoders": {"h264": True},
        "hardware_encoders": [],
        "models": [model()],
        "checks": {"encoding": "ok"},
    }
    return {**usual, **changes}


class TestAdvice:
    def test_none_where_nothing_limits(self):
        assert advise(report()) == []

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"nvidia": {"driver": None, "torch_cuda": None}}, "no GPU that PyTorch can use"),
            ({"nvidia": {"driver": "550", "torch_cuda": None}}, "install its CUDA build"),
            ({"nvidia": {"driver": "390", "torch_cuda": "12.8"}}, "update the driver"),
        ],
        ids=["no card", "no CUDA build", "old driver"],
    )
    def test_no_device(self, changes, told):
        (line,) = advise(report(devices=[], **changes))
        assert told in line

    def test_no_bfloat16(self):
        cpu = {"bfloat16": False}
        assert advise(report(cpu=cpu)) == [], "a GPU does the work"
        lines = advise(report(cpu=cpu, devices=[]))
        assert any("bfloat16" in line for line in lines)

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"available_memory_bytes": 2**30}, "only 1.1 GB of memory is free"),
            ({"free_disk_bytes": 10**9}, "nearly full: 1.0 GB of 1.0 TB"),
            ({"free_disk_bytes": 4 * 10**10}, "nearly full"),
            ({"hardware_encoders": ["hevc_qsv"]}, "--codec hevc_qsv"),
            ({"models": [model(weights="missing")]}, "dain models fetch dain-lite"),
            ({"models": [model(sizes={"1x1": "whole", "2x2": "tiles"})]}, "from 2x2 on in tiles"),
            ({"models": [model(sizes={"2x2": "tiles", "4x4": "no"})]}, "frames of 4x4 and more"),
        ],
        ids=str,
    )
    def test_what_limits(self, changes, told):
        assert told in advise(report(**changes))[-1]


class TestTable:
    def test_everything_is_told(self, capsys):
        trial = {
            "width": 192,
            "height": 128,
            "frames": 2,
            "frames_per_second": 1.5,
            "frames_per_second_at_640x480": 0.12,
            "random_weights": True,
        }
        paper = model(model="dain", weights="missing", largest_tiled=(7680, 4320), trial=trial)
        broken = model(model="bad", error="no [memory]")
        print_report({**report(models=[paper, broken]), "advice": ["buy a GPU"]})
        told = " ".join(capsys.readouterr().out.split())
        for words in (
            "C [x], 8 cores",
            "compute capability 9.0, 79.0 GB free of 80.0 GB",
            "550.54, H100; PyTorch is built for 12.8",
            "not here: h264_vaapi",
            "none opens here",
            "frames up to 2560x1440 whole, 7680x4320 in tiles",
            "1.5 new frames per second at 192x128, measured on 2; about 0.12 at 640x480",
            "cannot be used: no [memory]",
            "note buy a GPU",
        ):
            assert words in told

    def test_a_machine_without_cards(self, capsys):
        nothing = {"driver": None, "cards": [], "torch_cuda": None}
        small = model(largest_whole=None)
        print_report({**report(devices=[], nvidia=nothing, models=[small]), "advice": []})
        told = capsys.readouterr().out
        assert "CPU only" in told
        assert "NVIDIA" not in told
        assert "frames up to none" in told


class TestMachine:
    @needs_posix
    @pytest.mark.parametrize(
        ("script", "found"),
        [
            ("echo 'H100 PCIe, 550.54.14'; echo 'T4, 550.54.14'", ["H100 PCIe", "T4"]),
            ("echo 'NVIDIA-SMI has failed'; exit 9", []),
        ],
        ids=["two cards", "no driver"],
    )
    def test_nvidia_s_tool(self, tmp_path, monkeypatch, script, found):
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        told = doctor_machine.describe_nvidia()
        assert told["cards"] == found
        if found:
            assert told["driver"] == "550.54.14"

    def test_the_driver_of_the_kernel(self, tmp_path):
        path = tmp_path / "version"
        assert doctor_machine._driver_of_kernel(path) is None
        path.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22\n")
        assert doctor_machine._driver_of_kernel(path) == "550.54.14"

    def test_a_card_that_torch_uses(self, monkeypatch):
        card = SimpleNamespace(name="H100", total_memory=80, major=9, minor=0)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: card)
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda index: (70, 80))
        monkeypatch.setattr(torch.version, "hip", None)
        (found,) = [each for each in doctor_machine.describe_devices() if each["device"] != "mps"]
        assert found == {
            "device": "cuda:0",
            "name": "H100",
            "memory_bytes": 80,
            "free_memory_bytes": 70,
            "compute_capability": "9.0",
        }

    def test_features_by_the_names_of_linux(self, monkeypatch):
        import llvmlite.binding

        present = {"avx512bf16": True, "amx-bf16": True, "avx2": False, "sse2": True}
        monkeypatch.setattr(llvmlite.binding, "get_host_cpu_features", lambda: present)
        assert doctor_machine.describe_cpu()["features"] == ["avx512_bf16", "amx_bf16"]


class TestCodecs:
    def test_an_encoder_that_opens(self):
        assert doctor_codecs._opens("mpeg4")

    def test_only_what_opens_is_told(self, monkeypatch):
        monkeypatch.setattr(doctor_codecs, "_HARDWARE_ENCODERS", ("mpeg4", "h264_nowhere"))
        assert doctor_codecs.hardware_encoders() == ["mpeg4"]
        monkeypatch.setattr(doctor_codecs, "_SIDE", 2**20)  # which no encoder takes
        assert doctor_codecs.hardware_encoders() == []


class Clock:
    """An interpolator that takes a time for each pixel, by a clock of its own."""

    def __init__(self, monkeypatch, seconds_at_640x480):
        self.now = 0.0
        self.per_pixel = seconds_at_640x480 / (640 * 480)
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def between(self, before, after):
        assert before.shape == after.shape
        assert not np.array_equal(before, after)
        self.now += self.per_pixel * before.shape[0] * before.shape[1]


class TestTrial:
    @pytest.mark.parametrize(
        ("seconds", "size"),
        [(0.1, (640, 480)), (1.0, (640, 480)), (4.0, (320, 256)), (11.0, (192, 128))],
    )
    def test_the_size_follows_the_speed(self, monkeypatch, seconds, size):
        clock = Clock(monkeypatch, seconds)
        found = doctor_models.try_out(clock)
        assert (found["width"], found["height"]) == size
        assert found["frames"] >= 1
        assert found["frames_per_second_at_640x480"] == pytest.approx(1 / seconds)
        assert clock.now <= 3.0 + 2 * seconds * size[0] * size[1] / (640 * 480)
        if size == (640, 480):
            assert found["frames_per_second"] == pytest.approx(1 / seconds)

    def test_a_very_slow_machine_makes_two_small_frames(self, monkeypatch):
        clock = Clock(monkeypatch, 400.0)
        assert doctor_models.try_out(clock)["frames"] == 1
        assert clock.now == pytest.approx(2 * 400 * 192 * 128 / (640 * 480))


class TestModels:
    def test_a_model_that_fails_leaves_the_others(self, monkeypatch, tmp_path):
        monkeypatch.setenv("DAIN_DATA_DIR", str(tmp_path))

        def load(record, is_random):
            if record.name == "dain":
                assert is_random
                raise RunError("out of\nmemory")
            return SimpleNamespace(
                device="cpu", precision="bf16", limits=lambda: FrameLimits((2560, 1440), None)
            )

        monkeypatch.setattr(doctor_models, "_load", load)
        lite, paper = doctor_models.describe_models(with_trials=False)
        assert lite["precision"] == "bf16"
        assert lite["sizes"]["2560x1440"] == "whole"
        assert lite["sizes"]["3840x2160"] == "no"
        assert paper["error"] == "out of memory"
        assert lite.keys() == paper.keys()

    @pytest.mark.parametrize(
        ("limits", "manner"),
        [
            (FrameLimits((1920, 1080), (3840, 2160)), "whole"),
            (FrameLimits((1280, 720), (3840, 2160)), "tiles"),
            (FrameLimits((1280, 720), (1276, 718)), "no"),
            (FrameLimits(None, None), "no"),
        ],
    )
    def test_manners(self, limits, manner):
        assert doctor_models._manner(limits, 1080) == manner
