"""What a visitor can do besides the check itself: a slip, a reminder, a photo asked of a seller."""

from __future__ import annotations

from shirorom.edge.web.reminder import reminder
from shirorom.edge.web.seller import SELLER
from shirorom.edge.web.slip import slip

PUBLIC = (reminder, slip, *SELLER)
