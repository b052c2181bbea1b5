"""Any statement that can be, for properties. Not in tests/logs.py: programs under fault start without hypothesis."""

from __future__ import annotations

from datetime import UTC

from hypothesis import strategies as st

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import Statement
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.domain.reading import Channel, Correction, Reading, Withdrawal
from tests.logs import imei

_times = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
_characters = st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\t\n")
_texts = st.text(_characters, max_size=40)
_said = st.text(_characters, min_size=1, max_size=16).filter(str.strip)  # what may not be empty
_imeis = st.integers(0, 10**7 - 1).map(imei)
_carriers = st.sampled_from(CarrierId)
_read = st.sampled_from((Channel.SITE, Channel.HAND))
_digests = st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    mark = draw(st.none() | st.sampled_from(Mark))
    return Reading(
        imei=draw(_imeis), carrier=draw(_carriers), mark=mark, glyph=draw(_said), sentence=draw(_texts),
        asked_at=draw(_times), channel=draw(_read), by=draw(_said), practice=True,
        page=draw(_digests), screenshot=draw(_digests), error=None if mark else "glyph-unknown",
    )  # fmt: skip


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    kind = draw(st.sampled_from(NoticeKind))
    grounded = kind in (NoticeKind.RESTRICTED, NoticeKind.LIFTED)
    return Notice(
        kind=kind, imei=draw(_imeis), carrier=draw(_carriers),
        ground=draw(st.none() | st.sampled_from(Ground)) if grounded else None,
        effective_on=draw(st.none() | st.dates()), purchased_on=draw(st.none() | st.dates()),
        sequence=draw(st.integers(0, 2**53 - 1)), practice=True,
    )  # fmt: skip


statements: st.SearchStrategy[Statement] = st.one_of(
    readings(),
    notices(),
    st.builds(Withdrawal, _imeis, _carriers, st.integers(0, 2**53 - 1), _said, _times, _said),
    st.builds(Correction, _imeis, _carriers, _said, _times, _said),
)
