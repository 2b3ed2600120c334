"""The chain walk: link by link with the hashed bytes."""

from console.app.screens.walk.screen import WalkScreen as WalkScreen
