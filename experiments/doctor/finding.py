"""A finding of the doctor: one cause, with its evidence and a suggestion."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A cause that keeps a run from learning, or slows it down.

    Attributes:
        name: The name of the cause, such as ``huge-inputs`` (all are in `experiments.doctor.causes`).
        words: A sentence about it, without numbers.
        evidence: The evidence for it, with numbers.
        setting: A setting to try, as ``section.key=value``; empty if no single setting helps.
        advice: A sentence about what to try.
    """

    name: str
    words: str
    evidence: str
    setting: str
    advice: str

    def __str__(self) -> str:
        return f"{self.evidence}: {self.advice}"

    def as_dict(self) -> dict[str, str]:
        """Return the finding, for JSON."""
        return {
            "name": self.name,
            "words": self.words,
            "evidence": self.evidence,
            "setting": self.setting,
            "advice": self.advice,
        }
