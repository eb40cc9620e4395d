"""Record transparency and color space of images, and bit rate and sound of videos.

They are unknown for existing media items, so no rule that limits them applies to those.
"""

from alembic import op

revision = "202611291800"
down_revision = "202611291700"

_FACTS = {
    "has_alpha": "BOOLEAN",
    "color_space": "TEXT",
    "bit_rate": "BIGINT",
    "audio_codec": "TEXT",
    "audio_channels": "INTEGER",
}


def upgrade() -> None:
    op.execute("ALTER TABLE media " + ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in _FACTS.items()))


def downgrade() -> None:
    op.execute("ALTER TABLE media " + ", ".join(f"DROP COLUMN {name}" for name in _FACTS))
