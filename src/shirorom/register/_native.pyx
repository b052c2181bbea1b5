# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The compiled kernel of the register: batch look-ups that ask memory ahead of need. Answers as fast.py and compact.py.

Arrays come from an index that was checked when it was opened (register/fast.py, register/compact.py): every place read
below lies within them. Keys have at most 14 digits (`keys.checked`).
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr

cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    #define ahead(p) __builtin_prefetch(p)
    #define ones(x) __builtin_popcountll(x)
    #else
    #define ahead(p) ((void)(p))
    static int ones(unsigned long long x) { int n = 0; while (x) { x &= x - 1; n++; } return n; }
    #endif
    """
    void ahead(const void *) nogil
    int ones(unsigned long long) nogil

cdef enum:
    GROUP = 64
    SERIALS = 1000000
    BLOCKS = 3907
    WIDES = 16
    SPARSE = 0
    BLOCKED = 1


cdef inline int32_t slot_of(const int32_t[::1] page_of, const int32_t[::1] slots, uint32_t tac) noexcept nogil:
    return slots[(<int64_t>page_of[tac >> 7] << 7) | (tac & 127)]


cdef inline int64_t place_of(const uint8_t *lows, int64_t start, int64_t end, uint8_t wanted) noexcept nogil:
    """Where a low byte stands in its block, -1 where it is not there. A block has none twice."""
    cdef const void *there
    if start >= end:
        return -1
    there = memchr(lows + start, wanted, end - start)
    return <const uint8_t *>there - lows if there != NULL else -1


cdef class Fast:
    """Phones of the fast layout."""

    cdef const int32_t[::1] page_of
    cdef const int32_t[::1] slots
    cdef const uint32_t[::1] offsets
    cdef const uint8_t[::1] lows
    cdef const uint8_t[::1] packed

    def __init__(self, page_of, slots, offsets, lows, packed):
        self.page_of, self.slots, self.offsets, self.lows, self.packed = page_of, slots, offsets, lows, packed

    def __call__(self, const uint64_t[::1] keys, uint8_t[::1] values):
        """Put the byte of each phone that is here in its place, and leave the others."""
        cdef Py_ssize_t first = 0, count = keys.shape[0]
        if values.shape[0] != count:
            raise ValueError("one place for each key")
        with nogil:
            while first < count:
                self.group(&keys[first], &values[first], GROUP if count - first > GROUP else count - first)
                first += GROUP

    def value_of(self, uint64_t key):
        """The byte of one phone, -1 where it is not here."""
        cdef uint8_t value = 0
        return value if self.group(&key, &value, 1) else -1

    cdef Py_ssize_t group(self, const uint64_t *keys, uint8_t *values, Py_ssize_t count) noexcept nogil:
        """At most `GROUP` phones; how many of them are here."""
        cdef int64_t[GROUP] block
        cdef uint32_t[GROUP] start
        cdef uint32_t[GROUP] end
        cdef uint8_t[GROUP] low
        cdef int64_t[GROUP] place
        cdef uint32_t tac, serial
        cdef int32_t slot
        cdef Py_ssize_t n, found = 0
        for n in range(count):
            tac = <uint32_t>(keys[n] // SERIALS)
            serial = <uint32_t>(keys[n] - <uint64_t>tac * SERIALS)
            slot = slot_of(self.page_of, self.slots, tac)
            block[n] = -1
            if slot >= 0:
                block[n] = <int64_t>slot * BLOCKS + (serial >> 8)
                low[n] = serial & 255
                ahead(&self.offsets[block[n]])
        for n in range(count):
            start[n] = end[n] = 0
            if block[n] >= 0:
                start[n] = self.offsets[block[n]]
                end[n] = self.offsets[block[n] + 1]
                if start[n] < end[n]:
                    ahead(&self.lows[start[n]])
                    ahead(&self.lows[end[n] - 1])
        for n in range(count):
            place[n] = place_of(&self.lows[0], start[n], end[n], low[n])
            if place[n] >= 0:
                ahead(&self.packed[place[n]])
        for n in range(count):
            if place[n] >= 0:
                values[n] = self.packed[place[n]]
                found += 1
        return found


cdef class Compact:
    """Phones of the compact layout."""

    cdef const int32_t[::1] page_of
    cdef const int32_t[::1] slots
    cdef const uint8_t[::1] kinds
    cdef const uint32_t[::1] wides
    cdef const uint16_t[::1] ranks
    cdef const uint16_t[::1] lows16
    cdef const uint8_t[::1] lows8
    cdef const uint64_t[::1] bits
    cdef const uint8_t[::1] palette
    cdef const uint8_t[::1] codes
    cdef const int64_t[::1] rows
    cdef const int64_t[::1] bit_rows
    cdef const int64_t[::1] shifts
    cdef bint nibbles

    def __init__(
        self, page_of, slots, kinds, wides, ranks, lows16, lows8, bits, palette, codes, nibbles, rows, bit_rows, shifts
    ):
        self.page_of, self.slots, self.kinds, self.wides, self.ranks = page_of, slots, kinds, wides, ranks
        self.lows16, self.lows8, self.bits = lows16, lows8, bits
        self.palette, self.codes, self.nibbles = palette, codes, nibbles
        self.rows, self.bit_rows, self.shifts = rows, bit_rows, shifts

    def __call__(self, const uint64_t[::1] keys, uint8_t[::1] values):
        """Put the byte of each phone that is here in its place, and leave the others."""
        cdef Py_ssize_t first = 0, count = keys.shape[0]
        if values.shape[0] != count:
            raise ValueError("one place for each key")
        with nogil:
            while first < count:
                self.group(&keys[first], &values[first], GROUP if count - first > GROUP else count - first)
                first += GROUP

    def value_of(self, uint64_t key):
        """The byte of one phone, -1 where it is not here."""
        cdef uint8_t value = 0
        return value if self.group(&key, &value, 1) else -1

    cdef Py_ssize_t group(self, const uint64_t *keys, uint8_t *values, Py_ssize_t count) noexcept nogil:
        """At most `GROUP` phones; how many of them are here."""
        cdef int32_t[GROUP] slot
        cdef uint32_t[GROUP] serial
        cdef int64_t[GROUP] start
        cdef int64_t[GROUP] end
        cdef int64_t[GROUP] rank
        cdef uint32_t tac
        cdef uint8_t kind, code
        cdef int64_t wide, block, word
        cdef uint8_t[GROUP] sparse
        cdef Py_ssize_t n, found = 0, sparses = 0
        for n in range(count):  # where it is
            tac = <uint32_t>(keys[n] // SERIALS)
            serial[n] = <uint32_t>(keys[n] - <uint64_t>tac * SERIALS)
            slot[n] = slot_of(self.page_of, self.slots, tac)
            if slot[n] >= 0:
                ahead(&self.wides[<int64_t>slot[n] * WIDES + (serial[n] >> 16)])
                if self.kinds[slot[n]] != SPARSE:
                    block = self.rows[slot[n]] * BLOCKS + (serial[n] >> 8)
                    ahead(&self.ranks[block])
                    if self.kinds[slot[n]] != BLOCKED:
                        ahead(&self.bits[(self.bit_rows[slot[n]] * BLOCKS + (serial[n] >> 8)) * 4])
        for n in range(count):  # between which ranks
            start[n] = end[n] = 0
            if slot[n] < 0:
                continue
            wide = <int64_t>slot[n] * WIDES + (serial[n] >> 16)
            kind = self.kinds[slot[n]]
            start[n] = self.wides[wide]
            end[n] = self.wides[wide + 1]
            if kind == SPARSE:
                start[n] += self.shifts[slot[n]]
                end[n] += self.shifts[slot[n]]
                if start[n] < end[n]:
                    sparse[sparses] = n
                    sparses += 1
                    ahead(&self.lows16[start[n] + ((end[n] - start[n]) >> 1) - 1])
                continue
            block = self.rows[slot[n]] * BLOCKS + (serial[n] >> 8)
            if kind == BLOCKED:
                if (serial[n] >> 8) % 256 != 255 and (serial[n] >> 8) != BLOCKS - 1:
                    end[n] = start[n] + self.ranks[block + 1]
                start[n] += self.ranks[block]
                if start[n] < end[n]:
                    ahead(&self.lows8[start[n] + self.shifts[slot[n]]])
                    ahead(&self.lows8[end[n] - 1 + self.shifts[slot[n]]])
            else:
                start[n] += self.ranks[block]
        self.search(start, end, serial, sparse, sparses)
        for n in range(count):  # its rank
            rank[n] = -1
            if slot[n] < 0:
                continue
            kind = self.kinds[slot[n]]
            if kind == SPARSE:
                if start[n] < end[n] and self.lows16[start[n]] == (serial[n] & 65535):
                    rank[n] = start[n] - self.shifts[slot[n]]
            elif kind == BLOCKED:
                word = self.shifts[slot[n]]
                rank[n] = place_of(&self.lows8[0], start[n] + word, end[n] + word, serial[n] & 255)
                if rank[n] >= 0:
                    rank[n] -= word
            else:
                word = (self.bit_rows[slot[n]] * BLOCKS + (serial[n] >> 8)) * 4
                rank[n] = self.bit(start[n], word, serial[n])
            if rank[n] >= 0:
                ahead(&self.codes[rank[n] >> 1 if self.nibbles else rank[n]])
        for n in range(count):  # its value
            if rank[n] >= 0:
                if self.nibbles:
                    code = (self.codes[rank[n] >> 1] >> ((rank[n] & 1) << 2)) & 15
                else:
                    code = self.codes[rank[n]]
                values[n] = self.palette[code]
                found += 1
        return found

    cdef void search(
        self, int64_t *start, const int64_t *end, const uint32_t *serial, const uint8_t *sparse, Py_ssize_t count
    ) noexcept nogil:
        """Put `start` to the last place whose lows are not above what is wanted, or to the first.

        All take a step before any takes the next: what a step needs was asked of memory while the others took theirs.
        """
        cdef int64_t[GROUP] left
        cdef int64_t half
        cdef bint going = True
        cdef Py_ssize_t n, one
        for n in range(count):
            left[n] = end[sparse[n]] - start[sparse[n]]
        while going:
            going = False
            for n in range(count):
                if left[n] <= 1:
                    continue
                one = sparse[n]
                half = left[n] >> 1
                start[one] += half * (self.lows16[start[one] + half - 1] < (serial[one] & 65535))
                left[n] -= half
                if left[n] > 1:
                    going = True
                    ahead(&self.lows16[start[one] + (left[n] >> 1) - 1])

    cdef int64_t bit(self, int64_t rank, int64_t word, uint32_t serial) noexcept nogil:
        cdef int64_t mine = word + ((serial >> 6) & 3)
        cdef uint64_t one = (<uint64_t>1) << (serial & 63)
        if not self.bits[mine] & one:
            return -1
        while word < mine:
            rank += ones(self.bits[word])
            word += 1
        return rank + ones(self.bits[mine] & (one - 1))
