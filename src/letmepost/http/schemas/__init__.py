"""The shapes on the wire: camelCase, closed on the way in, complete on the way out."""
