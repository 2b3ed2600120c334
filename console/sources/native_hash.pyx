# cython: language_level=3, boundscheck=True, wraparound=False
"""SHA-256 of many short pieces, with the processor's own instructions where it has them.

A ledger has millions of records of some hundred bytes: through hashlib, making and asking an object for each costs
three times what hashing its bytes does. Here a block of lines is one call, without the interpreter's lock.

The rounds are those of FIPS 180-4 section 6.2.2, four at a time, as Intel's manual describes SHA256RNDS2, SHA256MSG1
and SHA256MSG2. Each round waits for the one before it, so two pieces are hashed at once, in turns. Where the processor or the compiler lacks them ``AVAILABLE`` is False, and nobody calls this.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memchr

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    #if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
    #include <cpuid.h>
    #include <immintrin.h>

    static const uint32_t sha_k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

    static int sha_available(void) {
        unsigned int a, b, c, d;
        if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3))
            return 0;
        return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29)) != 0;
    }

    __attribute__((target("sha,sse4.1,ssse3")))
    static void sha_blocks(uint32_t state[8], const uint8_t *data, size_t blocks) {
        const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bULL, 0x0405060700010203ULL);
        /* The instructions want the eight words as (a b e f) and (c d g h). */
        __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
        __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
        __m128i abef = _mm_alignr_epi8(low, high, 8);
        __m128i cdgh = _mm_blend_epi16(high, low, 0xF0);
        for (; blocks; blocks--, data += 64) {
            const __m128i abef_before = abef, cdgh_before = cdgh;
            __m128i w[4];
            int turn;
            #pragma GCC unroll 16
            for (turn = 0; turn < 16; turn++) {
                __m128i rounds;
                if (turn < 4) {
                    rounds = _mm_loadu_si128((const __m128i *)(data + 16 * turn));
                    w[turn] = _mm_shuffle_epi8(rounds, big_endian);
                } else {
                    __m128i next = _mm_sha256msg1_epu32(w[turn & 3], w[(turn + 1) & 3]);
                    next = _mm_add_epi32(next, _mm_alignr_epi8(w[(turn + 3) & 3], w[(turn + 2) & 3], 4));
                    w[turn & 3] = _mm_sha256msg2_epu32(next, w[(turn + 3) & 3]);
                }
                rounds = _mm_add_epi32(w[turn & 3], _mm_loadu_si128((const __m128i *)(sha_k + 4 * turn)));
                cdgh = _mm_sha256rnds2_epu32(cdgh, abef, rounds);
                abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(rounds, 0x0E));
            }
            abef = _mm_add_epi32(abef, abef_before);
            cdgh = _mm_add_epi32(cdgh, cdgh_before);
        }
        low = _mm_shuffle_epi32(abef, 0x1B);
        high = _mm_shuffle_epi32(cdgh, 0xB1);
        _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xF0));
        _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
    }
    /* The same for two pieces at once. */
    __attribute__((target("sha,sse4.1,ssse3")))
    static void sha_two(uint32_t state[2][8], const uint8_t *first, const uint8_t *second, size_t blocks) {
        const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bULL, 0x0405060700010203ULL);
        const uint8_t *data[2] = {first, second};
        __m128i abef[2], cdgh[2];
        int one;
        for (one = 0; one < 2; one++) {
            __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state[one]), 0xB1);
            __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state[one] + 4)), 0x1B);
            abef[one] = _mm_alignr_epi8(low, high, 8);
            cdgh[one] = _mm_blend_epi16(high, low, 0xF0);
        }
        for (; blocks; blocks--) {
            const __m128i abef_before[2] = {abef[0], abef[1]}, cdgh_before[2] = {cdgh[0], cdgh[1]};
            __m128i w[2][4];
            int turn;
            #pragma GCC unroll 16
            for (turn = 0; turn < 16; turn++) {
                __m128i rounds[2];
                #pragma GCC unroll 2
                for (one = 0; one < 2; one++) {
                    if (turn < 4) {
                        w[one][turn] = _mm_shuffle_epi8(
                            _mm_loadu_si128((const __m128i *)(data[one] + 16 * turn)), big_endian);
                    } else {
                        __m128i next = _mm_sha256msg1_epu32(w[one][turn & 3], w[one][(turn + 1) & 3]);
                        next = _mm_add_epi32(next, _mm_alignr_epi8(w[one][(turn + 3) & 3], w[one][(turn + 2) & 3], 4));
                        w[one][turn & 3] = _mm_sha256msg2_epu32(next, w[one][(turn + 3) & 3]);
                    }
                    rounds[one] = _mm_add_epi32(
                        w[one][turn & 3], _mm_loadu_si128((const __m128i *)(sha_k + 4 * turn)));
                }
                cdgh[0] = _mm_sha256rnds2_epu32(cdgh[0], abef[0], rounds[0]);
                cdgh[1] = _mm_sha256rnds2_epu32(cdgh[1], abef[1], rounds[1]);
                abef[0] = _mm_sha256rnds2_epu32(abef[0], cdgh[0], _mm_shuffle_epi32(rounds[0], 0x0E));
                abef[1] = _mm_sha256rnds2_epu32(abef[1], cdgh[1], _mm_shuffle_epi32(rounds[1], 0x0E));
            }
            for (one = 0; one < 2; one++) {
                abef[one] = _mm_add_epi32(abef[one], abef_before[one]);
                cdgh[one] = _mm_add_epi32(cdgh[one], cdgh_before[one]);
                data[one] += 64;
            }
        }
        for (one = 0; one < 2; one++) {
            const __m128i low = _mm_shuffle_epi32(abef[one], 0x1B), high = _mm_shuffle_epi32(cdgh[one], 0xB1);
            _mm_storeu_si128((__m128i *)state[one], _mm_blend_epi16(low, high, 0xF0));
            _mm_storeu_si128((__m128i *)(state[one] + 4), _mm_alignr_epi8(high, low, 8));
        }
    }
    #else
    static int sha_available(void) { return 0; }
    static void sha_blocks(uint32_t state[8], const uint8_t *data, size_t blocks) {
        (void)state; (void)data; (void)blocks;
    }
    static void sha_two(uint32_t state[2][8], const uint8_t *first, const uint8_t *second, size_t blocks) {
        (void)state; (void)first; (void)second; (void)blocks;
    }
    #endif

    static const uint32_t sha_start[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    /* A piece and the byte before it, in blocks of 64 bytes: one that begins with the byte, if the piece is long enough
       for it, those that lie in the piece itself, and one or two with its end and its length. */
    typedef struct {
        uint8_t first[64], last[128];
        const uint8_t *middle;
        size_t firsts, middles, lasts;
    } sha_piece;

    static void sha_cut(sha_piece *piece, uint8_t prefix, const uint8_t *data, size_t size) {
        const uint64_t bits = ((uint64_t)size + 1) * 8;
        size_t rest = size, used = 1, at;
        piece->firsts = size >= 63;
        piece->middles = 0;
        if (piece->firsts) {
            piece->first[0] = prefix;
            memcpy(piece->first + 1, data, 63);
            piece->middle = data + 63;
            piece->middles = (size - 63) / 64;
            rest = (size - 63) % 64;
            data += size - rest;
            used = 0;
        } else {
            piece->last[0] = prefix;
        }
        memcpy(piece->last + used, data, rest);
        used += rest;
        piece->last[used++] = 0x80;
        piece->lasts = used <= 56 ? 1 : 2;
        memset(piece->last + used, 0, 64 * piece->lasts - used);
        for (at = 0; at < 8; at++)
            piece->last[64 * piece->lasts - 1 - at] = (uint8_t)(bits >> (8 * at));
    }

    static void sha_rows(uint32_t state[2][8], const uint8_t *a, size_t blocks, const uint8_t *b, size_t others) {
        const size_t both = blocks < others ? blocks : others;
        if (both)
            sha_two(state, a, b, both);
        if (blocks > both)
            sha_blocks(state[0], a + 64 * both, blocks - both);
        if (others > both)
            sha_blocks(state[1], b + 64 * both, others - both);
    }

    static void sha_write(const uint32_t state[8], uint8_t out[32]) {
        int at;
        for (at = 0; at < 8; at++) {
            out[4 * at] = (uint8_t)(state[at] >> 24);
            out[4 * at + 1] = (uint8_t)(state[at] >> 16);
            out[4 * at + 2] = (uint8_t)(state[at] >> 8);
            out[4 * at + 3] = (uint8_t)state[at];
        }
    }

    /* SHA-256 of one byte and so many others, for one piece, and for two whose hashes follow each other. */
    static void sha_prefixed(uint8_t prefix, const uint8_t *data, size_t size, uint8_t *out) {
        uint32_t state[8];
        sha_piece piece;
        memcpy(state, sha_start, 32);
        sha_cut(&piece, prefix, data, size);
        if (piece.firsts)
            sha_blocks(state, piece.first, 1);
        if (piece.middles)
            sha_blocks(state, piece.middle, piece.middles);
        sha_blocks(state, piece.last, piece.lasts);
        sha_write(state, out);
    }

    static void sha_both(
        uint8_t prefix, const uint8_t *a, size_t size, const uint8_t *b, size_t other, uint8_t *out
    ) {
        uint32_t state[2][8];
        sha_piece first, second;
        memcpy(state[0], sha_start, 32);
        memcpy(state[1], sha_start, 32);
        sha_cut(&first, prefix, a, size);
        sha_cut(&second, prefix, b, other);
        sha_rows(state, first.first, first.firsts, second.first, second.firsts);
        sha_rows(state, first.middle, first.middles, second.middle, second.middles);
        sha_rows(state, first.last, first.lasts, second.last, second.lasts);
        sha_write(state[0], out);
        sha_write(state[1], out + 32);
    }
    """
    bint sha_available() nogil
    void sha_prefixed(unsigned char prefix, const unsigned char *data, size_t size, unsigned char *out) nogil
    void sha_both(
        unsigned char prefix, const unsigned char *a, size_t size, const unsigned char *b, size_t other, unsigned char *out
    ) nogil

AVAILABLE = bool(sha_available())


def leaves_of_lines(bytes lines not None):
    """SHA-256 of 0x00 and each LF-ended line without its LF, one behind the other."""
    cdef const unsigned char *start = <const unsigned char *>PyBytes_AS_STRING(lines)
    cdef const unsigned char *end = start + PyBytes_GET_SIZE(lines)
    cdef const unsigned char *at
    cdef const unsigned char *behind
    cdef size_t room = (end - start) // 512 + 2, used = 0  # hashes; counting lines first would take half as long again
    cdef unsigned char *out = <unsigned char *>malloc(32 * room)
    cdef unsigned char *more
    with nogil:
        while start < end and out != NULL:
            at = <const unsigned char *>memchr(start, 10, end - start)
            if at == NULL:
                break
            if used + 2 > room:
                room *= 2
                more = <unsigned char *>realloc(out, 32 * room)
                if more == NULL:
                    free(out)
                out = more
                continue
            behind = <const unsigned char *>memchr(at + 1, 10, end - at - 1)
            if behind == NULL:
                sha_prefixed(0, start, at - start, out + 32 * used)
                used += 1
                break
            sha_both(0, start, at - start, at + 1, behind - at - 1, out + 32 * used)
            used += 2
            start = behind + 1
    if out == NULL:
        raise MemoryError
    try:
        return PyBytes_FromStringAndSize(<char *>out, 32 * used)
    finally:
        free(out)


def parents(bytes level not None):
    """SHA-256 of 0x01 and each pair of 32-byte hashes, one behind the other; a last one without a neighbour as it is."""
    cdef Py_ssize_t size = PyBytes_GET_SIZE(level), pairs = size // 64, at
    cdef const unsigned char *start = <const unsigned char *>PyBytes_AS_STRING(level)
    cdef bytes found = PyBytes_FromStringAndSize(NULL, 32 * pairs)
    cdef unsigned char *out = <unsigned char *>PyBytes_AS_STRING(found)
    with nogil:
        for at in range(0, pairs - 1, 2):
            sha_both(1, start + 64 * at, 64, start + 64 * at + 64, 64, out + 32 * at)
        if pairs & 1:
            sha_prefixed(1, start + 64 * (pairs - 1), 64, out + 32 * (pairs - 1))
    return found + level[64 * pairs :]
