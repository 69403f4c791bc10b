"""How well the judgement of pictures (cuts, cadence, overlays) does; run with `python -m`."""
