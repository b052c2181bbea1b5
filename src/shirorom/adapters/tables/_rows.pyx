# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The compiled kernel of plain text tables: where rows end and what their number cells hold, and rows written out.

It gives what blocks.py gives by numpy and rendering.py by polars. What it is handed is text without a quote, a NUL or a
carriage return, each line of it ended by a line feed; the last may lack its own.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    static uint64_t eight(const uint8_t *p) { uint64_t w; memcpy(&w, p, 8); return w; }

    #define TEN_DIGITS 10000000000ULL
    #define REPEATED 11111111111111ULL
    #define EACH 0x0101010101010101ULL
    #define NOUGHT(w) (((w) - EACH) & ~(w) & 0x8080808080808080ULL)

    /* Where the next of two bytes stands, or the end. */
    static const uint8_t *next_of(const uint8_t *p, const uint8_t *end, uint64_t one, uint64_t other) {
    #if defined(__GNUC__) || defined(__clang__)
        while (end - p >= 8) {
            uint64_t w = eight(p), hit = NOUGHT(w ^ one) | NOUGHT(w ^ other);
            if (hit) return p + (__builtin_ctzll(hit) >> 3);
            p += 8;
        }
    #endif
        while (p < end && *p != (uint8_t)one && *p != (uint8_t)other) p++;
        return p;
    }

    static int all_digits(uint64_t w) {
        return ((w & 0xF0F0F0F0F0F0F0F0ULL) == 0x3030303030303030ULL)
            && (((w + 0x0606060606060606ULL) & 0xF0F0F0F0F0F0F0F0ULL) == 0x3030303030303030ULL);
    }

    /* The number that eight digits make; digits as bytes of 0 to 9, the first lowest. */
    static uint64_t number_of(uint64_t d) {
        d = (d * 10) + (d >> 8);
        return (((d & 0x000000FF000000FFULL) * 0x000F424000000064ULL)
              + (((d >> 16) & 0x000000FF000000FFULL) * 0x0000271000000001ULL)) >> 32;
    }

    /* What they add to the sum of the check digit: every second one doubled. */
    static uint32_t sum_of(uint64_t d) {
        uint64_t y = d + (d & 0xFF00FF00FF00FF00ULL);
        y -= (((y + 0x7676767676767676ULL) & 0x8080808080808080ULL) >> 7) * 9;
        return (uint32_t)((y * EACH) >> 56);
    }
    """
    uint64_t EACH, TEN_DIGITS, REPEATED
    uint64_t eight(const uint8_t *) nogil
    const uint8_t *next_of(const uint8_t *, const uint8_t *, uint64_t, uint64_t) nogil
    bint all_digits(uint64_t) nogil
    uint64_t number_of(uint64_t) nogil
    uint32_t sum_of(uint64_t) nogil

cdef enum:  # ports.tables.Spelling
    BLANK = 0
    PLAIN = 1
    CHECK_DIGIT = 2
    LENGTH = 3
    UNREAD = 4


cdef inline bint digit(uint8_t byte) noexcept nogil:
    return byte >= 48 and byte <= 57


cdef inline uint8_t number(const uint8_t *p, Py_ssize_t size, uint64_t *key) noexcept nogil:
    """What a cell holds, and its key."""
    cdef uint64_t first, second
    cdef uint32_t total
    cdef uint8_t by
    cdef uint8_t[16] solid
    cdef Py_ssize_t n
    while size and p[0] == 32:
        p += 1
        size -= 1
    while size and p[size - 1] == 32:
        size -= 1
    if size == 0:
        return BLANK
    if size == 18 and (p[2] == 45 or p[2] == 32):
        by = p[2]
        if p[9] != by or p[16] != by:
            return UNREAD
        memcpy(solid, p, 2)
        memcpy(solid + 2, p + 3, 6)
        memcpy(solid + 8, p + 10, 6)
        solid[14] = p[17]
        p, size = solid, 15
    if size == 11 or size == 12 or size == 17 or size == 18:
        for n in range(size):
            if not digit(p[n]):
                return UNREAD
        return LENGTH
    if size < 14 or size > 16:
        return UNREAD
    first, second = eight(p), eight(p + 6)
    if not all_digits(first) or not all_digits(second):
        return UNREAD
    for n in range(14, size):
        if not digit(p[n]):
            return UNREAD
    first ^= EACH * 48
    second ^= EACH * 48
    key[0] = number_of(first) * 1000000 + number_of(second) % 1000000
    if key[0] == (first & 15) * REPEATED:
        return UNREAD
    if size != 15:
        return UNREAD if p[0] == 49 or p[0] == 50 else PLAIN
    total = sum_of(first) + sum_of(second >> 16)
    return PLAIN if (total + p[14] - 48) % 10 == 0 else CHECK_DIGIT


def scan(
    const uint8_t[::1] content, uint8_t delimiter, Py_ssize_t width, const int64_t[::1] columns, Py_ssize_t cell_max,
    uint32_t[::1] ends, uint16_t[::1] fields, uint64_t[:, ::1] keys, uint8_t[:, ::1] states,
):
    """Fill in for each row where it ends and how many cells it has, for each column of numbers what it holds.

    False: a row has more cells than `width`, a cell more bytes than `cell_max`, or there are not as many rows as
    places; what was filled in is then of no use.
    """
    cdef Py_ssize_t rows = ends.shape[0], wanted = columns.shape[0], row = 0, field = 0, mine = 0, n
    cdef const uint8_t *begin
    cdef const uint8_t *p
    cdef const uint8_t *end
    cdef const uint8_t *stop
    cdef uint64_t one = EACH * delimiter, other = EACH * 10, key
    cdef uint8_t state
    if content.shape[0] == 0 or rows == 0:
        return False
    if fields.shape[0] != rows or keys.shape[0] != wanted or states.shape[0] != wanted:
        raise ValueError("one place for each row and column")
    if wanted and (keys.shape[1] != rows or states.shape[1] != rows):
        raise ValueError("one place for each row and column")
    with nogil:
        begin = p = &content[0]
        end = begin + content.shape[0]
        while p < end:
            if row == rows:
                with gil:
                    return False
            stop = next_of(p, end, one, other)
            if stop - p > cell_max or field == width:
                with gil:
                    return False
            if mine < wanted and columns[mine] == field:
                key = 0
                state = number(p, stop - p, &key)
                keys[mine, row] = key if state == PLAIN else 0
                states[mine, row] = state
                mine += 1
            field += 1
            if stop < end and stop[0] == delimiter:
                p = stop + 1
                if p < end:
                    continue
                # the file ends behind a delimiter: one more cell, blank
                if field == width:
                    with gil:
                        return False
                field += 1
                stop = end
            for n in range(mine, wanted):
                keys[n, row] = 0
                states[n, row] = BLANK
            ends[row] = <uint32_t>(stop - begin)
            fields[row] = <uint16_t>field
            row += 1
            field = mine = 0
            p = stop + 1
    return row == rows


cdef inline uint8_t *put(uint8_t *o, const uint8_t *p, Py_ssize_t size) noexcept nogil:
    memcpy(o, p, size)
    return o + size


cdef inline uint8_t *digits_of(
    uint8_t *o, uint64_t key, const uint8_t *texts, const uint8_t *sums
) noexcept nogil:
    """The fifteen digits of a key, its groups of four and two looked up."""
    cdef uint32_t a = <uint32_t>(key // TEN_DIGITS), b, c, d, low
    key -= <uint64_t>a * TEN_DIGITS
    b = <uint32_t>(key // 1000000)
    low = <uint32_t>(key - <uint64_t>b * 1000000)
    c = low // 100
    d = (low - c * 100) * 100
    memcpy(o, texts + a * 4, 4)
    memcpy(o + 4, texts + b * 4, 4)
    memcpy(o + 8, texts + c * 4, 4)
    memcpy(o + 12, texts + d * 4, 2)
    o[14] = 48 + (100 - sums[a] - sums[b] - sums[c] - sums[d] + 100) % 10
    return o + 15


def render(
    uint8_t[::1] out, const uint8_t[::1] content, Py_ssize_t start, const uint32_t[::1] ends,
    const uint16_t[::1] fields, Py_ssize_t width, uint8_t delimiter, uint8_t separator, const int64_t[::1] keep,
    const uint64_t[:, :] keys, const int64_t[::1] ids, const uint8_t[::1] texts, const int64_t[::1] places,
    const uint8_t[::1] digits, const uint8_t[::1] sums,
):
    """Write each row: the cells that are kept, its numbers, and the text of its id. Gives how many bytes that took.

    `texts` holds the rest of a row with its end, that of id n from `places[n]` to `places[n + 1]`; where cells are kept,
    a separator comes before the numbers. `digits` and `sums`: of each group of four digits its text and its sum.
    """
    cdef Py_ssize_t rows = ends.shape[0], kept = keep.shape[0], numbers = keys.shape[0], row, n, place, room = 0
    cdef Py_ssize_t count
    cdef bint whole = kept == width and delimiter == separator, told
    cdef const uint8_t *begin = &content[0]
    cdef const uint8_t *p = begin + start
    cdef const uint8_t *end
    cdef uint8_t *o
    cdef uint64_t one = EACH * delimiter
    cdef uint32_t[1002] cells
    if width > 1000 or kept > 1000 or fields.shape[0] != rows or ids.shape[0] != rows or digits.shape[0] != 40000:
        raise ValueError("one place for each row")
    if sums.shape[0] != 10000 or (numbers and keys.shape[1] != rows):
        raise ValueError("one place for each row")
    for n in range(kept):
        if keep[n] < 0 or keep[n] >= width:
            raise ValueError("a column that is not there")
        whole = whole and keep[n] == n
    for row in range(rows):
        if ids[row] < 0 or ids[row] >= places.shape[0] - 1:
            raise ValueError("a text that is not there")
        room += places[ids[row] + 1] - places[ids[row]]
    # cells, or each between quotes with a separator behind; a cell that is kept twice is not asked for
    room += content.shape[0] + rows * (3 * kept + width + 1 + 16 * numbers)
    if out.shape[0] < room:
        raise ValueError("too little room")
    if rows == 0:
        return 0
    with nogil:
        o = &out[0]
        for row in range(rows):
            end = begin + ends[row]
            if whole:
                o = put(o, p, end - p)
                for n in range(fields[row], width):
                    o[0] = separator
                    o += 1
            elif kept:
                count = 0
                cells[0] = <uint32_t>(p - begin)
                while count < width:
                    p = next_of(p, end, one, one) + 1
                    count += 1
                    cells[count] = <uint32_t>(p - begin)
                    if p > end:
                        break
                for n in range(kept):
                    if n:
                        o[0] = separator
                        o += 1
                    place = keep[n]
                    if place < count:
                        o = cell(o, begin + cells[place], cells[place + 1] - 1 - cells[place], delimiter, separator)
            if kept:
                o[0] = separator
                o += 1
            told = False
            for n in range(numbers):
                if keys[n, row]:
                    if told:
                        o[0] = 32
                        o += 1
                    told = True
                    o = digits_of(o, keys[n, row], &digits[0], &sums[0])
            o = put(o, &texts[0] + places[ids[row]], places[ids[row] + 1] - places[ids[row]])
            p = end + 1
    return o - &out[0]


cdef inline uint8_t *cell(
    uint8_t *o, const uint8_t *p, Py_ssize_t size, uint8_t delimiter, uint8_t separator
) noexcept nogil:
    """One cell; what would be taken for two is put between quotes."""
    if delimiter == separator or size == 0 or memchr(p, separator, size) == NULL:
        return put(o, p, size)
    o[0] = 34
    o = put(o + 1, p, size)
    o[0] = 34
    return o + 1


def utf_8_of(const uint8_t[::1] content, const uint16_t[::1] codes, uint8_t[::1] out):
    """Write cp932 as UTF-8; how many bytes that took, -1 where a byte is not plainly cp932 (adapters/tables/cp932.py).

    `codes`: for two bytes the character, 0 for none; `out` has three places for each byte.
    """
    cdef Py_ssize_t size = content.shape[0]
    cdef const uint8_t *p
    cdef const uint8_t *end
    cdef uint8_t *o
    cdef uint32_t code
    cdef Py_ssize_t n, width
    if out.shape[0] < 3 * size or codes.shape[0] != 65536:
        raise ValueError("too little room")
    if size == 0:
        return 0
    with nogil:
        p = &content[0]
        end, o = p + size, &out[0]
        while p < end:
            if end - p >= 8 and not (eight(p) & (EACH << 7)):
                memcpy(o, p, 8)
                p += 8
                o += 8
                continue
            if p[0] < 128:
                o[0] = p[0]
                p += 1
                o += 1
                continue
            width = 1
            if p[0] >= 0xA1 and p[0] <= 0xDF:
                code = 0xFF61 + p[0] - 0xA1
            else:
                code = 0
                if end - p >= 2:
                    code = codes[(<uint32_t>p[0] << 8) | p[1]]
                    width = 2
            for n in range(width):
                if end - p >= n + 3 and like_utf_8(p + n):
                    code = 0
            if code == 0:
                with gil:
                    return -1
            if code < 0x800:
                o[0] = 0xC0 | (code >> 6)
                o[1] = 0x80 | (code & 63)
                o += 2
            else:
                o[0] = 0xE0 | (code >> 12)
                o[1] = 0x80 | ((code >> 6) & 63)
                o[2] = 0x80 | (code & 63)
                o += 3
            p += width
    return o - &out[0]


cdef inline bint like_utf_8(const uint8_t *p) noexcept nogil:
    return p[0] >= 0xE3 and p[0] <= 0xEF and (p[1] & 0xC0) == 0x80 and (p[2] & 0xC0) == 0x80
