"""Everything an operator can set: environment variables that begin with JIAOKAN_."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.files import Limits, Options

MEBIBYTE = 1 << 20


class Settings(BaseSettings):
    """One field for each setting; JIAOKAN_MAX_PAGES sets `max_pages`. Each is explained in docs/settings.md."""

    model_config = SettingsConfigDict(env_prefix="JIAOKAN_", frozen=True)

    max_file_megabytes: int = Field(default=512, gt=0, description="A larger file is refused.")
    max_pages: int = Field(default=2000, gt=0, description="A file with more pages is refused.")
    max_page_points: int = Field(
        default=5000,
        gt=0,
        description="A file with a page longer or wider than this (1/72 inch; A0 is 3370) is refused.",
    )
    max_image_megapixels: int = Field(
        default=150, gt=0, description="An image, or a page as rendered, with more is refused."
    )
    zip_max_members: int = Field(default=5000, gt=0, description="A ZIP with more files is refused.")
    zip_max_megabytes: int = Field(default=4096, gt=0, description="A ZIP that unpacks to more is refused.")
    zip_max_ratio: int = Field(
        default=200,
        gt=0,
        description="A ZIP that unpacks to more than this many times its size (and over 16 MiB) is refused.",
    )
    zip_max_depth: int = Field(
        default=2, gt=0, description="How deep ZIPs may stand within ZIPs; 1 allows none within another."
    )
    open_seconds: float = Field(default=30.0, gt=0, description="Time for opening a file and counting its pages.")
    page_seconds: float = Field(default=120.0, gt=0, description="Time for reading one page.")
    settle_seconds: float = Field(default=120.0, gt=0, description="Time for laying out and settling one document.")
    child_megabytes: int = Field(
        default=4096, ge=256, description="Memory of one reading process; one that takes more is ended."
    )
    child_pages: int = Field(default=200, gt=0, description="A reading process is replaced after this many pages.")
    max_failed_pages: int = Field(
        default=3, gt=0, description="After this many failed pages the rest of a file is not read."
    )
    jobs: int = Field(
        default=0, ge=0, description="Reading processes at a time; 0 means one for each processor core, at most 4."
    )
    threads: int = Field(
        default=1,
        gt=0,
        description="Threads of each reading process; one makes the export independent of jobs.",
    )
    dpi: int = Field(default=200, ge=100, le=600, description="Resolution at which PDF pages are rendered for reading.")
    target_errors: float = Field(
        default=0.4,
        gt=0,
        le=1000,
        description="Wrong cells in 10,000 that may go unseen (double keying: 0.46); more doubtful ones are flagged.",
    )
    weights: Path | None = Field(
        default=None,
        description="Folder of other PaddleOCR weights, with det/ and rec/; empty: those of the wheel rapidocr.",
    )
    cache: Path | None = Field(default=None, description="Folder for prepared weights; empty: the user's cache folder.")
    learned: Path | None = Field(
        default=None, description="Folder of the lists that jiaokan learn writes; empty: none are used."
    )
    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///jiaokan-data/jiaokan.sqlite"),
        description="The database: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
    )
    redis_url: SecretStr = Field(
        default=SecretStr(""),
        description="The Redis server of the queue; empty: jiaokan serve starts one of its own.",
    )
    store_url: str = Field(
        default="jiaokan-data/store", min_length=1, description="The store: a folder, or s3://BUCKET/PREFIX."
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        pattern=r"^https?://[^/\s]+$",
        description="The address under which browsers reach the service; with https, cookies are sent over https only.",
    )
    session_hours: float = Field(default=12.0, gt=0, description="How long a person stays logged in.")

    def limits(self) -> Limits:
        """The limits of a single input, in bytes and pixels."""
        return Limits(
            file_bytes=self.max_file_megabytes * MEBIBYTE,
            pages=self.max_pages,
            page_points=self.max_page_points,
            image_pixels=self.max_image_megapixels * 1_000_000,
            zip_members=self.zip_max_members,
            zip_bytes=self.zip_max_megabytes * MEBIBYTE,
            zip_ratio=self.zip_max_ratio,
            zip_depth=self.zip_max_depth,
        )

    def engine(self) -> str:
        """What reads: the version of the program and the weights. Another engine reads a file anew."""
        return f"{version('jiaokan')}+{self.weights.name if self.weights else 'PP-OCRv6_small'}"

    def job_count(self, wanted: int = 0) -> int:
        """How many reading processes run at a time; `wanted`, where not 0, goes before the setting."""
        return wanted or self.jobs or min(_cores(), 4)

    def options(self, searchable: Path | None, scratch: Path | None) -> Options:
        """How pages are read by each process."""
        return Options(
            limits=self.limits(),
            dpi=self.dpi,
            threads=self.threads,
            target=self.target_errors / 10_000,
            weights=self.weights,
            cache=self.cache,
            searchable=searchable,
            scratch=scratch,
        )


def _cores() -> int:
    """The processor cores this process may use, which in a container can be fewer than the machine has."""
    return len(os.sched_getaffinity(0))
