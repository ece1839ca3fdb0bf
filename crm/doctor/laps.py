import time


class Laps:
    """Names the stages of something, and takes the time of each."""

    def __init__(self):
        self.began, self.stages = time.perf_counter(), []

    def end(self, stage: str) -> None:
        now = time.perf_counter()
        self.stages.append(f"{stage} {(now - self.began) * 1000:.1f} ms")
        self.began = now

    def __str__(self):
        return ", ".join(self.stages)
