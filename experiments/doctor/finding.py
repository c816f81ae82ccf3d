"""What the doctor says: one reason why nothing is learnt."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that keeps a run from learning, or makes it idle.

    Attributes:
        name: What it is, for programs, such as ``huge-inputs`` (`experiments.doctor.causes` has them all).
        words: The same in plain words, without numbers.
        evidence: What was seen, in numbers.
        setting: What to try, as ``section.key=value`` where one setting does it.
        advice: The same in words.
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
