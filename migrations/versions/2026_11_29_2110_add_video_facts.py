"""Record the encoding of videos: profile, pixel format, dynamic range, sample rate, and whether they start fast.

It is unknown for existing media items, so no rule that limits it applies to those.
"""

from alembic import op

revision = "202611292110"
down_revision = "202611291900"

_FACTS = {
    "codec_profile": "TEXT",
    "pixel_format": "TEXT",
    "bit_depth": "INTEGER",
    "dynamic_range": "TEXT",
    "has_variable_frame_rate": "BOOLEAN",
    "is_fast_start": "BOOLEAN",
    "audio_sample_rate_hz": "INTEGER",
}


def upgrade() -> None:
    """Add the columns."""
    op.execute("ALTER TABLE media " + ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in _FACTS.items()))


def downgrade() -> None:
    """Remove the columns."""
    op.execute("ALTER TABLE media " + ", ".join(f"DROP COLUMN {name}" for name in _FACTS))
