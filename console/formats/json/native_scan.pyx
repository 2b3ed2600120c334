# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=False, cdivision=True
"""The scanner, compiled: one state machine over the bytes of a record, with the answers of ``pure_scan``.

It reads what attackers write, so every access to the data is checked against its length, brackets are counted in arrays
of a fixed size instead of by recursion, and memory grows with the keys of the objects that are open. Keys are compared
by a short mark first and by their bytes then; objects of many keys, and those with escapes in them, are decided by a
set when they close: keyed hashes, so that crafted keys neither hide a repetition nor cost more than others.
Hashes are hashlib's.
"""

import json
from hashlib import sha256

cimport cython
from cpython cimport array
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memchr, memcmp, memcpy, memset

from array import array as _array

from console.formats.json.flags import LONG_DIGITS, MAX_DEPTH, Flag, Kind
from console.model.event import NO_TIME

NAME = "native"

cdef enum:
    # Places for open brackets: one more than may be open.
    LEVELS = 129
    # Keys of one object that are compared one by one.
    FEW = 64


cdef int BLANK = Flag.BLANK
cdef int INVALID_UTF8 = Flag.INVALID_UTF8
cdef int INVALID_JSON = Flag.INVALID_JSON
cdef int TOO_DEEP = Flag.TOO_DEEP
cdef int NOT_AN_OBJECT = Flag.NOT_AN_OBJECT
cdef int NUL = Flag.NUL
cdef int BYTE_ORDER_MARK = Flag.BYTE_ORDER_MARK
cdef int DUPLICATE_KEY = Flag.DUPLICATE_KEY
cdef int WHITE_SPACE = Flag.WHITE_SPACE
cdef int LONG_NUMBER = Flag.LONG_NUMBER
cdef int LONE_SURROGATE = Flag.LONE_SURROGATE
cdef int ESCAPED_KEY = Flag.ESCAPED_KEY
cdef unsigned char ABSENT = Kind.ABSENT
cdef unsigned char STRING = Kind.STRING
cdef unsigned char ESCAPED = Kind.ESCAPED
cdef unsigned char INTEGER = Kind.INTEGER
cdef unsigned char NUMBER = Kind.NUMBER
cdef unsigned char OBJECT = Kind.OBJECT
cdef unsigned char ARRAY = Kind.ARRAY
cdef unsigned char TRUE = Kind.TRUE
cdef unsigned char FALSE = Kind.FALSE
cdef unsigned char NULL_ = Kind.NULL
cdef int DEEPEST = MAX_DEPTH
cdef int DIGITS = LONG_DIGITS
cdef int64_t NEVER = NO_TIME
cdef enum:
    ROOM = 4194304  # slots of a table of marks, at most
assert DEEPEST < LEVELS

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #if defined(__SSE2__) && defined(__GNUC__)
    #include <emmintrin.h>
    #endif

    /* How many of the first bytes are ASCII, and neither a control character, a quote nor a backslash. */
    static inline Py_ssize_t usual(const unsigned char *text, Py_ssize_t size) {
        Py_ssize_t at = 0;
    #if defined(__SSE2__) && defined(__GNUC__)
        for (; at + 16 <= size; at += 16) {
            __m128i some = _mm_loadu_si128((const __m128i *)(text + at));
            /* Signed: bytes beyond ASCII are below 0. */
            __m128i odd = _mm_or_si128(_mm_cmplt_epi8(some, _mm_set1_epi8(32)),
                _mm_or_si128(_mm_cmpeq_epi8(some, _mm_set1_epi8(34)), _mm_cmpeq_epi8(some, _mm_set1_epi8(92))));
            int mask = _mm_movemask_epi8(odd);
            if (mask) return at + __builtin_ctz(mask);
        }
    #else
        const uint64_t high = 0x8080808080808080u, one = 0x0101010101010101u;
        for (; at + 8 <= size; at += 8) {
            uint64_t word;
            memcpy(&word, text + at, 8);
            if (((word - one * 32) | ((word ^ one * 34) - one) | ((word ^ one * 92) - one) | word) & high) break;
        }
    #endif
        while (at < size && text[at] >= 32 && text[at] < 128 && text[at] != 34 && text[at] != 92) at++;
        return at;
    }
    """
    Py_ssize_t usual(const unsigned char* text, Py_ssize_t size) noexcept

ctypedef const unsigned char[::1] Bytes
cdef array.array _LONGS = _array("q")
cdef array.array _SHORTS = _array("H")
cdef bytes _ZEROS = bytes(32)


cdef struct Key:
    Py_ssize_t begin
    Py_ssize_t end
    uint64_t mark


cdef struct Name:
    # Of a field that is asked for: where its bytes are, and the row in which it stood last.
    const char* start
    Py_ssize_t size
    uint64_t mark
    Py_ssize_t row


@cython.final
cdef class Walk:
    """What is known of the record that is walked: its open brackets, their keys, and the fields of its object."""

    cdef const unsigned char* data
    cdef Py_ssize_t size
    """The batch, which whoever calls keeps alive."""
    cdef Key* keys
    cdef Py_ssize_t count
    cdef Py_ssize_t room
    cdef Py_ssize_t first[LEVELS]
    """Where the keys of each open object begin; -1 for an array."""
    cdef bint escaped[LEVELS]

    cdef tuple names
    cdef Name* asked
    cdef Py_ssize_t fields
    cdef Py_ssize_t* guess
    """The field that stood at each place of the last record's object."""
    cdef unsigned char[::1] kinds
    cdef int64_t[::1] begins
    cdef int64_t[::1] stops
    cdef unsigned char[::1] others
    cdef Py_ssize_t row
    cdef Py_ssize_t rows

    def __dealloc__(self):
        free(self.keys)
        free(self.asked)
        free(self.guess)

    cdef const unsigned char* part(self, Py_ssize_t begin, Py_ssize_t end) except NULL:
        """Where a part of the data is."""
        if not 0 <= begin <= end <= self.size:
            raise IndexError("a slice ends behind the data")
        return self.data + begin

    cdef int add(self, Py_ssize_t begin, Py_ssize_t end, int depth) except -1:
        """A key of the innermost object; 1 if it stands there already, as far as that is found out at once."""
        cdef Py_ssize_t first = self.first[depth]
        cdef Py_ssize_t at, size = end - begin
        cdef const unsigned char* text = self.part(begin, end)
        cdef uint64_t mark = _mark(text, size)
        cdef Key* grown
        if self.count == self.room:
            self.room = 2 * self.room + 32
            grown = <Key*> realloc(self.keys, self.room * sizeof(Key))
            if grown == NULL:
                raise MemoryError
            self.keys = grown
        cdef Key* keys = self.keys
        cdef int found = 0
        if self.count - first < FEW:
            for at in range(first, self.count):
                if keys[at].mark == mark and keys[at].end - keys[at].begin == size:
                    if memcmp(self.part(keys[at].begin, keys[at].end), text, size) == 0:
                        found = 1
                        break
        keys[self.count].begin = begin
        keys[self.count].end = end
        keys[self.count].mark = mark
        self.count += 1
        return found

    cdef int close(self, int depth) except -1:
        """The innermost object ends; 1 if a key in it stands twice that ``add`` did not look for."""
        cdef Py_ssize_t first = self.first[depth]
        cdef Py_ssize_t many = self.count - first
        cdef Py_ssize_t at
        cdef set seen
        self.count = first
        if many <= FEW and not self.escaped[depth]:
            return 0
        seen = set()
        for at in range(first, first + many):
            seen.add(self.key(self.keys[at].begin, self.keys[at].end))
        return len(seen) < many

    cdef object key(self, Py_ssize_t begin, Py_ssize_t end):
        """A key as its text, escapes read."""
        cdef bytes raw = (<const char*> self.part(begin, end))[: end - begin]
        if b"\\" not in raw:
            return raw
        return json.loads('"' + raw.decode() + '"').encode("utf-8", "surrogatepass")

    cdef Py_ssize_t field(self, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t place) except -2:
        """Which field a top-level key is; -1 for one that was not asked for."""
        cdef Py_ssize_t at, size = end - begin
        cdef const unsigned char* text = self.part(begin, end)
        cdef uint64_t mark
        if place < self.fields:
            at = self.guess[place]
            if self.named(text, size, at):
                return at
        mark = _mark(text, size)
        for at in range(self.fields):
            if self.asked[at].mark == mark and self.named(text, size, at):
                if place < self.fields:
                    self.guess[place] = at
                return at
        return -1

    cdef bint named(self, const unsigned char* text, Py_ssize_t size, Py_ssize_t at) noexcept:
        """True if these bytes are the name of a field."""
        return self.asked[at].size == size and memcmp(self.asked[at].start, text, size) == 0

    cdef bint again(self, Py_ssize_t at) noexcept:
        """The field stands in the record at hand; True if it did so already."""
        cdef bint seen = self.asked[at].row == self.row
        self.asked[at].row = self.row
        return seen

    cdef int put(self, Py_ssize_t field, unsigned char kind, Py_ssize_t begin, Py_ssize_t stop) except -1:
        cdef Py_ssize_t at = field * self.rows + self.row
        self.kinds[at] = kind
        self.begins[at] = begin
        self.stops[at] = stop
        return 0

    cdef int forget(self) except -1:
        """The record has no fields after all."""
        cdef Py_ssize_t field
        if self.rows:
            self.others[self.row] = 0
            for field in range(self.fields):
                self.put(field, ABSENT, -1, -1)
        return 0


cdef inline int _within(Bytes text, Py_ssize_t begin, Py_ssize_t end) except -1:
    """Every access by pointer asks here first."""
    if not 0 <= begin <= end <= text.shape[0]:
        raise IndexError("a slice ends behind the data")
    return 0


cdef inline uint64_t _mark(const unsigned char* text, Py_ssize_t size) noexcept:
    """A number that equal keys have in common, and most others do not."""
    cdef Py_ssize_t at
    cdef uint64_t mark = 0, last
    if size >= 8:
        memcpy(&mark, text, 8)
        memcpy(&last, text + size - 8, 8)
        return (mark * <uint64_t> 0x9E3779B97F4A7C15) ^ last ^ <uint64_t> size
    for at in range(size):
        mark = mark << 8 | text[at]
    return mark ^ <uint64_t> size << 56


cdef bint _equal(Bytes text, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t begin2, Py_ssize_t end2) except -1:
    if end - begin != end2 - begin2:
        return False
    if end == begin:
        return True
    _within(text, begin, end)
    _within(text, begin2, end2)
    return memcmp(&text[begin], &text[begin2], end - begin) == 0


cdef bytes _slice(Bytes text, Py_ssize_t begin, Py_ssize_t end):
    if begin < 0 or end <= begin:
        return b""
    _within(text, begin, end)
    return PyBytes_FromStringAndSize(<const char*> &text[begin], end - begin)


cdef inline bint _is_hex(unsigned char byte) noexcept:
    return 48 <= byte <= 57 or 97 <= byte | 32 <= 102


cdef int _four(Bytes text, Py_ssize_t at, Py_ssize_t end) except -2:
    """The number of four hex digits; -1 if there are none."""
    cdef int value = 0
    cdef Py_ssize_t place
    cdef unsigned char byte
    if at + 4 > end:
        return -1
    for place in range(at, at + 4):
        byte = text[place]
        if not _is_hex(byte):
            return -1
        value = value << 4 | (byte - 48 if byte <= 57 else (byte | 32) - 87)
    return value


cdef int _sequence(Bytes text, Py_ssize_t at, Py_ssize_t end) except -1:
    """Bytes of the UTF-8 sequence that begins here with a byte beyond ASCII; 0 if it is none (RFC 3629)."""
    cdef unsigned char lead = text[at]
    cdef int size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    cdef int more
    cdef unsigned char low = 0x80, high = 0xBF
    if lead < 0xC2 or lead > 0xF4 or at + size > end:
        return 0
    if lead == 0xE0:
        low = 0xA0
    elif lead == 0xED:
        high = 0x9F
    elif lead == 0xF0:
        low = 0x90
    elif lead == 0xF4:
        high = 0x8F
    if not low <= text[at + 1] <= high:
        return 0
    for more in range(2, size):
        if not 0x80 <= text[at + more] <= 0xBF:
            return 0
    return size


cdef bint _is_utf8(Bytes text, Py_ssize_t at, Py_ssize_t end) except -1:
    cdef int size
    while at < end:
        if text[at] < 0x80:
            at += 1
        else:
            size = _sequence(text, at, end)
            if not size:
                return False
            at += size
    return True


cdef Py_ssize_t _string(Bytes text, Py_ssize_t at, Py_ssize_t end, int* flags, bint* escaped) except -2:
    """Behind the string whose quote is before ``at``; -1 if it is none."""
    cdef unsigned char byte
    cdef int size, value
    while True:
        if at < end:
            _within(text, at, end)
            at += usual(&text[at], end - at)
        if at >= end:
            return -1
        byte = text[at]
        if byte == 34:
            return at + 1
        if byte < 32:
            return -1
        if byte == 92:
            escaped[0] = True
            if at + 1 >= end:
                return -1
            byte = text[at + 1]
            if byte == 117:
                value = _four(text, at + 2, end)
                if value < 0:
                    return -1
                at += 6
                if 0xD800 <= value <= 0xDFFF:
                    if (
                        value < 0xDC00
                        and at + 1 < end
                        and text[at] == 92
                        and text[at + 1] == 117
                        and 0xDC00 <= _four(text, at + 2, end) <= 0xDFFF
                    ):
                        at += 6
                    else:
                        flags[0] |= LONE_SURROGATE
            elif byte in b'"\\/bfnrt':
                at += 2
            else:
                return -1
        else:
            size = _sequence(text, at, end)
            if not size:
                return -1
            at += size


cdef inline Py_ssize_t _digits(Bytes text, Py_ssize_t at, Py_ssize_t end) except -1:
    while at < end and 48 <= text[at] <= 57:
        at += 1
    return at


cdef Py_ssize_t _number(Bytes text, Py_ssize_t at, Py_ssize_t end, int* flags, unsigned char* kind) except -2:
    """Behind the number that begins here; -1 if it is none."""
    cdef Py_ssize_t begin = at
    cdef Py_ssize_t whole
    cdef Py_ssize_t stop
    kind[0] = INTEGER
    if text[at] == 45:
        at += 1
    whole = at
    stop = _digits(text, at, end)
    if stop == at or (text[at] == 48 and stop > at + 1):
        return -1
    at = stop
    if at - whole >= DIGITS:
        flags[0] |= LONG_NUMBER
    if at < end and text[at] == 46:
        kind[0] = NUMBER
        stop = _digits(text, at + 1, end)
        if stop == at + 1:
            return -1
        at = stop
    if at < end and text[at] | 32 == 101:
        kind[0] = NUMBER
        at += 1
        if at < end and (text[at] == 43 or text[at] == 45):
            at += 1
        stop = _digits(text, at, end)
        if stop == at:
            return -1
        at = stop
        if not flags[0] & LONG_NUMBER and abs(float(_slice(text, begin, at))) > 1.7976931348623157e308:
            flags[0] |= LONG_NUMBER
    return at


cdef inline Py_ssize_t _space(Bytes text, Py_ssize_t at, Py_ssize_t end) except -1:
    cdef unsigned char byte
    while at < end:
        byte = text[at]
        if byte != 32 and byte != 10 and byte != 13 and byte != 9:
            break
        at += 1
    return at


cdef bint _is_word(Bytes text, Py_ssize_t at, Py_ssize_t end, const char* word, Py_ssize_t size) except -1:
    if at + size > end:
        return False
    _within(text, at, at + size)
    return memcmp(&text[at], word, size) == 0


cdef int _walk(Bytes text, Py_ssize_t at, Py_ssize_t end, Walk walk) except -1:
    """Flags of a record's tokens; its fields are put into the columns."""
    cdef int flags = 0
    cdef int depth = 0
    cdef Py_ssize_t behind, begin, stop
    cdef Py_ssize_t place = 0, field = -1, known, field_begin = 0
    cdef unsigned char byte, kind = ABSENT
    cdef bint in_object = False, fresh = False, escaped, closed, repeated
    cdef bytes name
    walk.count = 0
    while True:
        behind = _space(text, at, end)
        if behind != at:
            flags |= WHITE_SPACE
            at = behind
        if at >= end:
            return INVALID_JSON
        byte = text[at]
        closed = False
        if in_object:
            if byte == 34:
                begin = at + 1
                escaped = False
                at = _string(text, begin, end, &flags, &escaped)
                if at < 0:
                    return INVALID_JSON
                stop = at - 1
                known = -1
                if depth == 1 and walk.rows:
                    if escaped:
                        name = walk.key(begin, stop)
                        field = walk.names.index(name) if name in walk.names else -1
                    else:
                        field = walk.field(begin, stop, place)
                    place += 1
                    if field < 0:
                        walk.others[walk.row] = 1
                    known = field
                # A field is told from all other keys; these are compared among themselves.
                if known >= 0:
                    repeated = walk.again(known)
                else:
                    repeated = walk.add(begin, stop, depth)
                if repeated:
                    flags |= DUPLICATE_KEY
                if escaped:
                    flags |= ESCAPED_KEY
                    walk.escaped[depth] = True
                if at < end and text[at] == 58:
                    at += 1
                else:
                    at = _space(text, at, end)
                    if at >= end or text[at] != 58:
                        return INVALID_JSON
                    flags |= WHITE_SPACE
                    at += 1
                behind = _space(text, at, end)
                if behind != at:
                    flags |= WHITE_SPACE
                    at = behind
                if at >= end:
                    return INVALID_JSON
                byte = text[at]
            elif byte == 125 and fresh:
                closed = True
            else:
                return INVALID_JSON
        elif byte == 93 and fresh:
            closed = True
        if not closed:
            begin = at
            if depth == 1 and in_object:
                field_begin = at
            if byte == 34:
                escaped = False
                at = _string(text, at + 1, end, &flags, &escaped)
                kind = ESCAPED if escaped else STRING
                if at < 0:
                    return INVALID_JSON
            elif byte == 123 or byte == 91:
                if depth == DEEPEST:
                    return TOO_DEEP
                depth += 1
                in_object = byte == 123
                walk.first[depth] = walk.count if in_object else -1
                walk.escaped[depth] = False
                fresh = True
                at += 1
                continue
            elif byte == 116 and _is_word(text, at, end, "true", 4):
                kind = TRUE
                at += 4
            elif byte == 102 and _is_word(text, at, end, "false", 5):
                kind = FALSE
                at += 5
            elif byte == 110 and _is_word(text, at, end, "null", 4):
                kind = NULL_
                at += 4
            elif byte == 45 or 48 <= byte <= 57:
                at = _number(text, at, end, &flags, &kind)
                if at < 0:
                    return INVALID_JSON
            else:
                return INVALID_JSON
            if not depth:
                flags |= NOT_AN_OBJECT
            elif depth == 1 and in_object and field >= 0 and walk.rows:
                walk.put(field, kind, field_begin, at)
        fresh = False
        while depth:
            if not closed:
                behind = _space(text, at, end)
                if behind != at:
                    flags |= WHITE_SPACE
                    at = behind
                if at >= end:
                    return INVALID_JSON
                byte = text[at]
            closed = False
            at += 1
            if byte == 44:
                break
            if byte == 125 and in_object:
                if walk.close(depth):
                    flags |= DUPLICATE_KEY
                kind = OBJECT
            elif byte == 93 and not in_object:
                kind = ARRAY
            else:
                return INVALID_JSON
            depth -= 1
            in_object = depth > 0 and walk.first[depth] >= 0
            if depth == 1 and in_object:
                if field >= 0 and walk.rows:
                    walk.put(field, kind, field_begin, at)
            elif not depth and kind == ARRAY:
                flags |= NOT_AN_OBJECT
        else:
            behind = _space(text, at, end)
            if behind != end:
                return INVALID_JSON
            return flags | WHITE_SPACE if behind != at else flags


cdef int _flags(Bytes text, Py_ssize_t start, Py_ssize_t end, Walk walk) except -1:
    """Flags of a record."""
    cdef int flags = 0, walked
    cdef Py_ssize_t at = start
    if end - start >= 3 and text[start] == 0xEF and text[start + 1] == 0xBB and text[start + 2] == 0xBF:
        flags |= BYTE_ORDER_MARK
        at += 3
    if _space(text, at, end) == end:
        return flags | BLANK
    walked = _walk(text, at, end, walk)
    if walked & (INVALID_JSON | TOO_DEEP | NOT_AN_OBJECT):
        walk.forget()
        if walked & (INVALID_JSON | TOO_DEEP):
            _within(text, start, end)
            if memchr(&text[start], 0, end - start) != NULL:
                flags |= NUL
            if not _is_utf8(text, start, end):
                return flags | INVALID_UTF8
    return flags | walked


def flags(bytes raw not None):
    """Flags of one record."""
    return _flags(raw, 0, len(raw), _walk_over(raw))


cdef Walk _walk_over(bytes data):
    cdef Walk walk = Walk()
    walk.data, walk.size = <const unsigned char*> PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data)
    return walk


def lines(bytes data not None):
    """Starts and ends of the lines, without their LF. A last line may lack it."""
    cdef Bytes text = data
    cdef Py_ssize_t size = len(data), at = 0, row, end, rows = 0
    cdef const unsigned char* found
    while at < size:
        found = <const unsigned char*> memchr(&text[at], 10, size - at)
        at = size if found == NULL else found - &text[0] + 1
        rows += 1
    cdef array.array starts = array.clone(_LONGS, rows, False), ends = array.clone(_LONGS, rows, False)
    cdef int64_t[::1] from_ = starts, to = ends
    at = 0
    for row in range(rows):
        found = <const unsigned char*> memchr(&text[at], 10, size - at)
        end = size if found == NULL else found - &text[0]
        from_[row], to[row] = at, end
        at = end + 1
    return starts, ends


def scan(bytes data not None, tuple names not None, int64_t[::1] starts, int64_t[::1] ends):
    """Flags, marks of other keys, and of each field the kinds, begins and stops of the records at these places."""
    cdef Bytes text = data
    cdef Py_ssize_t rows = starts.shape[0], fields = len(names), row, at
    cdef int64_t start, end
    cdef bytes name
    cdef array.array flags = array.clone(_SHORTS, rows, rows > 0)
    cdef array.array begins = array.clone(_LONGS, fields * rows, False)
    cdef array.array stops = array.clone(_LONGS, fields * rows, False)
    others, kinds = bytearray(rows), bytearray(fields * rows)
    cdef uint16_t[::1] marks = flags
    cdef Walk walk = _walk_over(data)
    if ends.shape[0] != rows:
        raise ValueError("as many ends as starts")
    walk.names, walk.fields, walk.rows = names, fields, rows
    walk.kinds, walk.others, walk.begins, walk.stops = kinds, others, begins, stops
    if fields * rows:
        memset(&walk.begins[0], 0xFF, fields * rows * sizeof(int64_t))
        memset(&walk.stops[0], 0xFF, fields * rows * sizeof(int64_t))
    if fields:
        walk.asked = <Name*> realloc(NULL, fields * sizeof(Name))
        walk.guess = <Py_ssize_t*> realloc(NULL, fields * sizeof(Py_ssize_t))
        if walk.asked == NULL or walk.guess == NULL:
            raise MemoryError
    for at in range(fields):
        name = names[at]
        walk.asked[at].start, walk.asked[at].size = PyBytes_AS_STRING(name), len(name)
        walk.asked[at].mark, walk.asked[at].row = _mark(<const unsigned char*> PyBytes_AS_STRING(name), len(name)), -1
        walk.guess[at] = at
    for row in range(rows):
        start, end = starts[row], ends[row]
        if start < 0 or end < start:
            start = end = 0
        if end > text.shape[0]:
            raise ValueError("a record ends behind the data")
        walk.row = row
        marks[row] = <uint16_t> _flags(text, start, end, walk)
    return flags, others, kinds, begins, stops


def filled(unsigned char[::1] kinds, int64_t[::1] begins, int64_t[::1] stops):
    """1 where the value is a string with something in it."""
    cdef Py_ssize_t rows = kinds.shape[0], row
    found = bytearray(rows)
    cdef unsigned char[::1] mask = found
    for row in range(rows):
        mask[row] = (kinds[row] == STRING or kinds[row] == ESCAPED) and stops[row] - begins[row] > 2
    return found


cdef bint _all_strings(Bytes text, Py_ssize_t at, Py_ssize_t end) except -1:
    """The array between these places is valid JSON; 1 if it holds strings only, none of them empty."""
    cdef Py_ssize_t begin
    cdef int flags = 0
    cdef bint escaped = False
    at = _space(text, at + 1, end)
    if at < end and text[at] == 93:
        return True
    while at < end and text[at] == 34:
        begin = at
        at = _string(text, at + 1, end, &flags, &escaped)
        if at < begin + 3:
            return False
        at = _space(text, at, end)
        if at >= end or text[at] != 44:
            return at < end and text[at] == 93
        at = _space(text, at + 1, end)
    return False


def strings(bytes data not None, unsigned char[::1] kinds, int64_t[::1] begins, int64_t[::1] stops):
    """1 where the value is an array of strings only, none of them empty."""
    cdef Bytes text = data
    cdef Py_ssize_t rows = kinds.shape[0], row
    found = bytearray(rows)
    cdef unsigned char[::1] mask = found
    for row in range(rows):
        if kinds[row] == ARRAY:
            mask[row] = _all_strings(text, begins[row], stops[row])
    return found


cdef unsigned char[256] _NO_HEX, _NO_LOWER_HEX
for _byte in range(256):
    _NO_HEX[_byte] = not _is_hex(_byte)
    _NO_LOWER_HEX[_byte] = _NO_HEX[_byte] or 65 <= _byte <= 70


cdef bint _is_uuid(const unsigned char* text) noexcept:
    """36 bytes are hex digits in groups of 8, 4, 4, 4 and 12."""
    cdef unsigned char bad = text[8] != 45 or text[13] != 45 or text[18] != 45 or text[23] != 45
    cdef Py_ssize_t at
    # Group after group: a question for each byte costs several times that.
    for at in range(8):
        bad |= _NO_HEX[text[at]]
    for at in range(4):
        bad |= _NO_HEX[text[at + 9]] | _NO_HEX[text[at + 14]] | _NO_HEX[text[at + 19]]
    for at in range(24, 36):
        bad |= _NO_HEX[text[at]]
    return not bad


def uuids(bytes data not None, unsigned char[::1] kinds, int64_t[::1] begins, int64_t[::1] stops):
    """1 where the value is a string of 8-4-4-4-12 hex digits."""
    cdef Bytes text = data
    cdef Py_ssize_t rows = kinds.shape[0], row, begin
    found = bytearray(rows)
    cdef unsigned char[::1] mask = found
    for row in range(rows):
        begin = begins[row] + 1
        if kinds[row] == STRING and stops[row] - begin == 37:
            _within(text, begin, stops[row])
            mask[row] = _is_uuid(&text[begin])
    return found


def hashes(bytes data not None, unsigned char[::1] kinds, int64_t[::1] begins, int64_t[::1] stops):
    """1 where the value is a string of 64 lower-case hex digits."""
    cdef Bytes text = data
    cdef Py_ssize_t rows = kinds.shape[0], row, at
    cdef unsigned char bad
    found = bytearray(rows)
    cdef unsigned char[::1] mask = found
    for row in range(rows):
        if kinds[row] == STRING and stops[row] - begins[row] == 66:
            _within(text, begins[row], stops[row])
            bad = 0
            for at in range(begins[row] + 1, stops[row] - 1):
                bad |= _NO_LOWER_HEX[text[at]]
            mask[row] = not bad
    return found


cdef uint64_t _mixed(const unsigned char* text, Py_ssize_t size) noexcept:
    """See ``values.mark_of``."""
    cdef uint64_t mark = <uint64_t> size, word
    cdef Py_ssize_t at
    for at in range(0, size, 8):
        word = 0
        memcpy(&word, text + at, min(8, size - at))
        mark = (mark ^ word) * <uint64_t> 0x9E3779B97F4A7C15
        mark ^= mark >> 32
    return mark or 1


def marks(bytes data not None, unsigned char[::1] kinds, int64_t[::1] begins, int64_t[::1] stops):
    """``values.mark_of`` the text of strings without escapes; 0 for others, and for ''."""
    cdef Bytes text = data
    cdef Py_ssize_t rows = kinds.shape[0], row
    cdef array.array found = array.clone(_LONGS, rows, zero=True)
    cdef int64_t[::1] column = found
    for row in range(rows):
        if kinds[row] == STRING and stops[row] - begins[row] > 2:
            _within(text, begins[row] + 1, stops[row] - 1)
            column[row] = <int64_t> _mixed(&text[begins[row] + 1], stops[row] - begins[row] - 2)
    return found


def repeats(int64_t[::1] marks not None):
    """Rows whose mark stands in an earlier row, each with the first of these; 0 is no mark."""
    cdef Py_ssize_t rows = marks.shape[0], row, size = 64, at, turn, turns = 1
    while size < 2 * rows and size < ROOM:
        size *= 2
    while rows > turns * (ROOM // 4):
        turns *= 2
    cdef array.array table = array.clone(_LONGS, size, zero=True)
    cdef int64_t[::1] slots = table
    found = []
    # Each turn looks at a share of the marks, so that the table stays small.
    for turn in range(turns):
        if turn:
            slots[:] = 0
        for row in range(rows):
            if marks[row] == 0 or (<uint64_t> marks[row] >> 40) & <uint64_t> (turns - 1) != <uint64_t> turn:
                continue
            at = <Py_ssize_t> (<uint64_t> marks[row] & <uint64_t> (size - 1))
            while slots[at] and marks[slots[at] - 1] != marks[row]:
                at = (at + 1) & (size - 1)
            if slots[at]:
                found.append((row, slots[at] - 1))
            else:
                slots[at] = row + 1
    found.sort()
    return found


cdef Py_ssize_t _shortest(Bytes text, Py_ssize_t at, Py_ssize_t end) except -2:
    """Behind a number whose digits are surely its shortest text; -1 for any other."""
    cdef bint minus = text[at] == 45
    cdef Py_ssize_t whole = at + minus
    cdef Py_ssize_t point = _digits(text, whole, end)
    cdef Py_ssize_t fraction = point + 1, last = point, many = point - whole
    if point < end and text[point] == 46:
        last = _digits(text, fraction, end)
        if last == fraction or text[last - 1] == 48:
            return -1
        if text[whole] == 48:
            whole = fraction
            while text[whole] == 48:
                whole += 1
            if whole - fraction > 5:
                return -1
            many = last - whole
        else:
            many += last - fraction
    elif minus and text[whole] == 48:
        return -1
    if many > 15 or (last < end and text[last] | 32 == 101):
        return -1
    return last


cdef bint _is_written(Bytes text, Py_ssize_t at, Py_ssize_t end) except -1:
    """The value between these places is valid JSON; 1 if it is surely as JSON.stringify writes it."""
    cdef int flags = 0
    cdef bint escaped = False
    cdef Py_ssize_t begin
    cdef unsigned char byte
    while at < end:
        byte = text[at]
        if byte == 34:
            begin = at + 1
            at = _string(text, begin, end, &flags, &escaped)
            if at < 0 or escaped or (at < end and text[at] == 58 and 48 <= text[begin] <= 57):
                return False
        elif byte == 45 or 48 <= byte <= 57:
            at = _shortest(text, at, end)
            if at < 0:
                return False
        elif byte <= 32:
            return False
        else:
            at += 1
    return True


def javascript(bytes data not None, unsigned char[::1] kinds, int64_t[::1] begins, int64_t[::1] stops):
    """1 where the value is surely as JSON.stringify writes it."""
    cdef Bytes text = data
    cdef Py_ssize_t rows = kinds.shape[0], row
    found = bytearray(rows)
    cdef unsigned char[::1] mask = found
    for row in range(rows):
        if kinds[row] != ABSENT:
            mask[row] = _is_written(text, begins[row], stops[row])
    return found


cdef enum:
    # Bytes of a text that is remembered, with its size and code before it.
    SHORT = 48


cdef struct Recent:
    int64_t size
    int64_t code
    char text[SHORT]


def codes(
    bytes data not None,
    unsigned char[::1] kinds,
    int64_t[::1] begins,
    int64_t[::1] stops,
    dict known not None,
    new,
    unsigned char[::1] recent not None,
):
    """A code for each row's string, 0 for none and for ''. ``new`` gives the code of bytes that are not ``known``.
    ``recent`` is room that is this function's from call to call: the last short texts by their mark, with their codes.
    """
    cdef Bytes text = data
    cdef Py_ssize_t rows = kinds.shape[0], row, size, slots = recent.shape[0] // <Py_ssize_t> sizeof(Recent)
    cdef array.array found = array.clone(_LONGS, rows, rows > 0)
    cdef int64_t[::1] column = found
    cdef Recent slot
    cdef Py_ssize_t at
    cdef bytes raw
    for row in range(rows):
        if kinds[row] != STRING and kinds[row] != ESCAPED:
            continue
        size = stops[row] - begins[row]
        _within(text, begins[row], stops[row])
        at = -1
        if size <= SHORT and slots:
            at = <Py_ssize_t> (_mark(&text[begins[row]], size) >> 32) % slots * <Py_ssize_t> sizeof(Recent)
            # A copy: the room has the alignment of bytes.
            memcpy(&slot, &recent[at], sizeof(Recent))
            if slot.size == size and memcmp(slot.text, &text[begins[row]], size) == 0:
                column[row] = slot.code
                continue
        raw = _slice(text, begins[row], stops[row])
        code = known.get(raw)
        column[row] = new(raw) if code is None else code
        if at >= 0:
            slot.size, slot.code = size, column[row]
            memcpy(slot.text, &text[begins[row]], size)
            memcpy(&recent[at], &slot, sizeof(Recent))
    return found


def raw_codes(bytes data not None, int64_t[::1] begins, int64_t[::1] stops, dict known not None, new):
    """A code for each row's value as it stands; b'' where absent. ``new`` gives those that are not ``known``."""
    cdef Bytes text = data
    cdef Py_ssize_t rows = begins.shape[0], row
    cdef array.array found = array.clone(_LONGS, rows, False)
    cdef int64_t[::1] column = found
    cdef bytes raw
    for row in range(rows):
        raw = b"" if begins[row] < 0 else _slice(text, begins[row], stops[row])
        code = known.get(raw)
        column[row] = new(raw) if code is None else code
    return found


def strange_uuids(bytes data not None, int64_t[::1] begins, int64_t[::1] stops, set known not None):
    """1 where the value holds a UUID in quotes that is not ``known``."""
    cdef Bytes text = data
    cdef Py_ssize_t rows = begins.shape[0], row, at, stop
    cdef const unsigned char* quote
    found = bytearray(rows)
    cdef unsigned char[::1] mask = found
    for row in range(rows):
        at, stop = begins[row], stops[row]
        if at < 0:
            continue
        _within(text, at, stop)
        while at + 38 <= stop:
            quote = <const unsigned char*> memchr(&text[at], 34, stop - at - 37)
            if quote == NULL:
                break
            at = quote - &text[0] + 1
            if text[at + 36] == 34 and _is_uuid(&text[at]) and _slice(text, at, at + 36) not in known:
                mask[row] = 1
                break
    return found


def rows_by_code(int64_t[::1] codes not None):
    """The rows of each code, by code."""
    cdef Py_ssize_t rows = codes.shape[0], row
    cdef int64_t most = 0, code, stop
    for row in range(rows):
        if codes[row] < 0:
            raise ValueError("a code is 0 or more")
        most = max(most, codes[row])
    cdef array.array counts = array.clone(_LONGS, most + 1, True)
    cdef int64_t[::1] ends = counts, ordered
    for row in range(rows):
        ends[codes[row]] += 1
    for code in range(most):
        ends[code + 1] += ends[code]
    cdef array.array order = array.clone(_LONGS, rows, False)
    ordered = order
    for row in range(rows - 1, -1, -1):
        ends[codes[row]] -= 1
        ordered[ends[codes[row]]] = row
    found = {}
    for code in range(most + 1):
        stop = rows if code == most else ends[code + 1]
        if ends[code] < stop:
            found[code] = order[ends[code] : stop]
    return found


def gathered(int64_t[::1] column not None, int64_t[::1] rows not None):
    """What a column has in each of these rows."""
    cdef Py_ssize_t row
    cdef array.array found = array.clone(_LONGS, rows.shape[0], False)
    cdef int64_t[::1] values = found
    for row in range(rows.shape[0]):
        if not 0 <= rows[row] < column.shape[0]:
            raise ValueError("a row is none of the column's")
        values[row] = column[rows[row]]
    return found


def integers(bytes data not None, unsigned char[::1] kinds, int64_t[::1] begins, int64_t[::1] stops, int64_t missing):
    """The integers of fewer than ``LONG_DIGITS`` digits; ``missing`` for others, and for -0, which no integer is."""
    cdef Bytes text = data
    cdef Py_ssize_t rows = kinds.shape[0], row, at, stop
    cdef array.array found = array.clone(_LONGS, rows, False)
    cdef int64_t[::1] column = found
    cdef int64_t value
    cdef bint minus
    for row in range(rows):
        column[row] = missing
        if kinds[row] != INTEGER:
            continue
        at, stop = begins[row], stops[row]
        minus = text[at] == 45
        at += minus
        if stop - at >= DIGITS:
            continue
        value = 0
        for at in range(at, stop):
            value = value * 10 + (text[at] - 48)
        if not minus:
            column[row] = value
        elif value:
            column[row] = -value
    return found


cdef int _two(Bytes text, Py_ssize_t at) except -2:
    cdef int tens = text[at] - 48, ones = text[at + 1] - 48
    return tens * 10 + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else -1


cdef int64_t _instant(Bytes text, Py_ssize_t at, Py_ssize_t stop, unsigned char* zoned) except? 0:
    """Microseconds since 1970 of a text in the plainest form; ``NO_TIME`` for any other."""
    cdef int century, year, month, day, hour, minute, second, longest
    cdef int64_t fraction = 0, unit = 1_000_000, days
    cdef Py_ssize_t size = stop - at
    zoned[0] = 0
    if size < 19 or text[at + 4] != 45 or text[at + 7] != 45 or text[at + 13] != 58 or text[at + 16] != 58:
        return NEVER
    if text[at + 10] != 84 and text[at + 10] != 32:
        return NEVER
    century, year, month, day = _two(text, at), _two(text, at + 2), _two(text, at + 5), _two(text, at + 8)
    hour, minute, second = _two(text, at + 11), _two(text, at + 14), _two(text, at + 17)
    if century < 0 or year < 0 or not 1 <= month <= 12 or not 0 <= hour <= 23 or not 0 <= minute <= 59:
        return NEVER
    year += 100 * century
    longest = 31 - (month == 4 or month == 6 or month == 9 or month == 11)
    if month == 2:
        longest = 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    if year < 1 or not 1 <= day <= longest or not 0 <= second <= 60:
        return NEVER
    at += 19
    if at < stop and text[at] == 46:
        at += 1
        if at >= stop or not 48 <= text[at] <= 57:
            return NEVER
        while at < stop and 48 <= text[at] <= 57:
            if unit == 1:
                return NEVER
            unit = unit // 10
            fraction += unit * (text[at] - 48)
            at += 1
    if at < stop:
        if not (
            (stop - at == 1 and text[at] == 90)
            or (stop - at == 6 and _is_word(text, at, stop, "+00:00", 6))
        ):
            return NEVER
        zoned[0] = 1
    # Days since 1970-01-01, in years that begin in March, so that a leap day is the last one.
    if month <= 2:
        year -= 1
        month += 12
    days = 365 * <int64_t> year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719_469
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + fraction


def instants(bytes data not None, unsigned char[::1] kinds, int64_t[::1] begins, int64_t[::1] stops):
    """UTC microseconds and marks of a zone, of texts in the plainest form: see ``Scan.instants``."""
    cdef Bytes text = data
    cdef Py_ssize_t rows = kinds.shape[0], row
    cdef array.array times = array.clone(_LONGS, rows, False)
    cdef int64_t[::1] column = times
    zones = bytearray(rows)
    cdef unsigned char[::1] marks = zones
    cdef unsigned char zoned = 0
    for row in range(rows):
        column[row] = NEVER
        if kinds[row] == STRING:
            column[row] = _instant(text, begins[row] + 1, stops[row] - 1, &zoned)
            if column[row] != NEVER:
                marks[row] = zoned
    return times, zones


@cython.final
cdef class Column:
    """A field as a piece of a preimage."""

    cdef unsigned char[::1] kinds
    cdef int64_t[::1] begins
    cdef int64_t[::1] stops
    cdef bint text
    cdef bytes null


@cython.final
cdef class Stamps:
    """Times as a piece of a preimage."""

    cdef int64_t[::1] times
    cdef int64_t shift


cdef enum:
    STAMP = 24


cdef struct Part:
    const char* start
    Py_ssize_t size
    char stamp[STAMP]


cdef void _put(char* to, int64_t value, int digits) noexcept:
    """A number with so many digits."""
    cdef int place
    for place in range(digits - 1, -1, -1):
        to[place] = <char> (48 + value % 10)
        value = value // 10


cdef bint _stamp(int64_t micros, int64_t shift, char* to) noexcept:
    """``2026-11-20T09:30:00.123Z`` of an instant moved by milliseconds; False beyond the years 0 to 9999."""
    cdef int64_t days, rest, era, day, year, month
    if not -62167219200000000 <= micros <= 253402300799999999:
        return False
    # Floored: C's division goes towards zero.
    rest = micros % 1000
    if rest < 0:
        rest += 1000
    rest = (micros - rest) // 1000 + shift
    if not -62167219200000 <= rest <= 253402300799999:
        return False
    days = rest // 86400000
    rest = rest % 86400000
    if rest < 0:
        rest += 86400000
        days -= 1
    # In years that begin in March, from 0000-03-01 on; 400 years before, so that nothing is below 0.
    days += 719468 + 146097
    era = days // 146097
    day = days % 146097
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += 400 * (era - 1)
    month += 3
    if month > 12:
        month -= 12
        year += 1
    memcpy(to, b"0000-00-00T00:00:00.000Z", STAMP)
    _put(to, year, 4)
    _put(to + 5, month, 2)
    _put(to + 8, day + 1, 2)
    _put(to + 11, rest // 3600000, 2)
    _put(to + 14, rest // 60000 % 60, 2)
    _put(to + 17, rest // 1000 % 60, 2)
    _put(to + 20, rest % 1000, 3)
    return True


@cython.final
cdef class Pieces:
    """What preimages are put together from. A piece is a literal, a list of bytes for each of so many rows, (kinds,
    begins, stops, text, null): see ``Text`` and ``Raw``, or (times, shift): see ``Stamp``."""

    cdef list columns
    cdef Part* parts
    cdef Py_ssize_t many

    def __cinit__(self, list pieces not None, Py_ssize_t count):
        cdef Column column
        cdef Stamps stamps
        self.columns = []
        self.many = len(pieces)
        self.parts = <Part*> realloc(NULL, (self.many + 1) * sizeof(Part))
        if self.parts == NULL:
            raise MemoryError
        for each in pieces:
            if type(each) is tuple and len(each) == 2:
                stamps = Stamps()
                stamps.times, stamps.shift = each
                self.columns.append(stamps)
            elif type(each) is tuple:
                column = Column()
                column.kinds, column.begins, column.stops, column.text, column.null = each
                self.columns.append(column)
            else:
                if type(each) is list:
                    if len(each) != count:
                        raise ValueError("a piece has another number of rows")
                elif type(each) is not bytes:
                    raise TypeError("a piece is bytes, or a list of them")
                self.columns.append(each)

    def __dealloc__(self):
        free(self.parts)

    cdef bytes together(self, Bytes text, Py_ssize_t at, Py_ssize_t row):
        """The preimage of a row, which is the one at this place of those asked for; None where a piece is missing."""
        cdef Column column
        cdef Stamps stamps
        cdef bytes given, preimage
        cdef unsigned char kind
        cdef int64_t begin, stop
        cdef Py_ssize_t piece, size = 0
        cdef Part* part
        cdef char* to
        for piece in range(self.many):
            each = self.columns[piece]
            part = &self.parts[piece]
            if type(each) is Column:
                column = <Column> each
                kind = column.kinds[row]
                if kind == NULL_ and column.null is not None:
                    given = column.null
                elif kind == ABSENT or (column.text and kind != STRING and kind != INTEGER):
                    return None
                else:
                    begin, stop = column.begins[row], column.stops[row]
                    if column.text and kind == STRING:
                        begin += 1
                        stop -= 1
                    if begin < 0 or stop <= begin:
                        given = b""
                    else:
                        _within(text, begin, stop)
                        part.start = <const char*> &text[begin]
                        part.size = stop - begin
                        size += stop - begin
                        continue
            elif type(each) is Stamps:
                stamps = <Stamps> each
                if not _stamp(stamps.times[row], stamps.shift, part.stamp):
                    return None
                part.start = part.stamp
                part.size = STAMP
                size += STAMP
                continue
            else:
                found = each if type(each) is bytes else (<list> each)[at]
                if found is None:
                    return None
                given = found
            # Kept alive by the column, the literal or the caller's list.
            part.start = PyBytes_AS_STRING(given)
            part.size = PyBytes_GET_SIZE(given)
            size += part.size
        preimage = PyBytes_FromStringAndSize(NULL, size)
        to = PyBytes_AS_STRING(preimage)
        for piece in range(self.many):
            memcpy(to, self.parts[piece].start, self.parts[piece].size)
            to += self.parts[piece].size
        return preimage


def preimages(bytes data not None, list pieces not None, int64_t[::1] rows):
    """What ``digests`` hashes; None where a piece is missing."""
    cdef Bytes text = data
    cdef Py_ssize_t count = rows.shape[0], at
    cdef Pieces parts = Pieces(pieces, count)
    return [parts.together(text, at, rows[at]) for at in range(count)]


def digests(bytes data not None, list pieces not None, int64_t[::1] rows):
    """SHA-256 for each of these rows; zeros where a piece is missing. See ``Pieces``."""
    cdef Bytes text = data
    cdef Py_ssize_t count = rows.shape[0], at
    cdef Pieces parts = Pieces(pieces, count)
    cdef bytes preimage, digest
    # A copy of an empty state is made faster than a new one.
    fresh = sha256().copy
    out = bytearray(32 * count)
    cdef unsigned char[::1] hashes = out
    for at in range(count):
        preimage = parts.together(text, at, rows[at])
        if preimage is not None:
            state = fresh()
            state.update(preimage)
            digest = state.digest()
            memcpy(&hashes[32 * at], PyBytes_AS_STRING(digest), 32)
    return bytes(out)


def matches(
    bytes data not None,
    unsigned char[::1] kinds,
    int64_t[::1] begins,
    int64_t[::1] stops,
    bytes digests not None,
    int64_t[::1] rows,
):
    """1 for each of the ``rows`` whose text is the lower-case hex of its digest; never for a digest of zeros."""
    cdef Bytes text = data, hashes = digests
    cdef Py_ssize_t count = rows.shape[0], at, row
    cdef int place
    cdef unsigned char byte, any_
    cdef unsigned char[64] hexed
    cdef const char* digit = "0123456789abcdef"
    found = bytearray(count)
    cdef unsigned char[::1] mask = found
    if hashes.shape[0] != 32 * count:
        raise ValueError("another number of digests than of rows")
    for at in range(count):
        row = rows[at]
        if kinds[row] != STRING or stops[row] - begins[row] != 66:
            continue
        any_ = 0
        for place in range(32):
            byte = hashes[32 * at + place]
            any_ |= byte
            hexed[2 * place] = digit[byte >> 4]
            hexed[2 * place + 1] = digit[byte & 15]
        _within(text, begins[row], stops[row])
        mask[at] = any_ != 0 and memcmp(&text[begins[row] + 1], hexed, 64) == 0
    return found


def follow(
    bytes data not None,
    tuple tips not None,
    int64_t[::1] codes,
    int64_t[::1] sequences,
    int64_t[::1] times,
    tuple previous not None,
    tuple stored not None,
    unsigned char[::1] able,
    unsigned char[::1] beside,
):
    """See ``Scan.follow``. ``tips`` are states, hashes, hashes before, next sequences, times and ties, by code."""
    cdef Bytes text = data
    cdef unsigned char[::1] states = tips[0], hashes = tips[1], befores = tips[2], ties = tips[5]
    cdef int64_t[::1] nexts = tips[3], lasts = tips[4]
    cdef unsigned char[::1] kinds = previous[0], kinds2 = stored[0]
    cdef int64_t[::1] begins = previous[1], stops = previous[2], begins2 = stored[1], stops2 = stored[2]
    cdef Py_ssize_t rows = codes.shape[0], row
    cdef int64_t code
    cdef bint goes_on
    if hashes.shape[0] != 64 * states.shape[0] or befores.shape[0] != hashes.shape[0]:
        raise ValueError("a hash for each state")
    if ties.shape[0] != states.shape[0]:
        raise ValueError("a tie for each state")
    found = bytearray(rows)
    cdef unsigned char[::1] mask = found
    for row in range(rows):
        code = codes[row]
        if code <= 0 or code >= states.shape[0]:
            continue
        if beside[row] and states[code] and times[row] >= lasts[code]:
            mask[row] = 1
            ties[code] |= times[row] == lasts[code]
            lasts[code] = times[row]
            continue
        goes_on = (
            able[row] != 0
            and states[code] != 0
            and sequences[row] == nexts[code]
            and times[row] >= lasts[code]
            and kinds2[row] == STRING
            and stops2[row] - begins2[row] == 66
        )
        if goes_on:
            if states[code] == 1:
                goes_on = kinds[row] == NULL_
            else:
                goes_on = kinds[row] == STRING and stops[row] - begins[row] == 66
                if goes_on:
                    _within(text, begins[row], stops[row])
                    goes_on = memcmp(&text[begins[row] + 1], &hashes[64 * code], 64) == 0
        if not goes_on:
            states[code] = 0
            continue
        mask[row] = 1
        states[code] = 2
        _within(text, begins2[row], stops2[row])
        memcpy(&befores[64 * code], &hashes[64 * code], 64)
        memcpy(&hashes[64 * code], &text[begins2[row] + 1], 64)
        nexts[code] += 1
        ties[code] |= times[row] == lasts[code]
        lasts[code] = times[row]
    return found


def run_machines(
    unsigned char[::1] states not None,
    bytes moves not None,
    bytes noted not None,
    Py_ssize_t width,
    int64_t[::1] codes,
    unsigned char[::1] symbols not None,
):
    """See ``Machines.run``. The move of a symbol in a state is at ``state * width + symbol``."""
    cdef Bytes table = moves, notes = noted
    cdef Py_ssize_t rows = codes.shape[0], row, at
    cdef unsigned char state
    found = bytearray(rows)
    cdef unsigned char[::1] column = found
    if symbols.shape[0] != rows:
        raise ValueError("columns of different lengths")
    for row in range(rows):
        if symbols[row] == 0:
            continue
        if not 0 <= codes[row] < states.shape[0] or symbols[row] >= width:
            raise ValueError("a code or a symbol is none of the machine's")
        state = states[codes[row]]
        at = state * width + symbols[row]
        if notes[at]:
            column[row] = state + 1
        states[codes[row]] = table[at]
    return found


def tally(
    int64_t[::1] counts not None,
    unsigned char[::1] changed not None,
    int64_t[::1] codes not None,
    const unsigned char[::1] mask not None,
):
    """See ``Counts.add``."""
    cdef Py_ssize_t row
    if mask.shape[0] != codes.shape[0]:
        raise ValueError("columns of different lengths")
    for row in range(codes.shape[0]):
        if mask[row]:
            if not (0 <= codes[row] < counts.shape[0] and codes[row] < changed.shape[0]):
                raise ValueError("a code is not counted")
            counts[codes[row]] += 1
            changed[codes[row]] = 1
