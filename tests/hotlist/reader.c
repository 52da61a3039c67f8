/* A reader of lists in C, written from docs/hotlist-format.md: what a terminal's firmware would hold.
 *
 *   reader LIST < numbers        one card number a line in, one letter a line out: v(alid), i(nvalid), u(nknown)
 *
 * Exit status 2 where the file is not a whole list. Section numbers are the document's.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

enum { STACK = 2, OVERLAY = 1, COMPLEMENT = 1, INHERIT = 2, OPEN = 4, CHECKED = 128, HEADER = 56, DIGEST = 32 };

typedef struct { const u8 *head; unsigned head_size, width; u64 start, length, rank; } segment;
typedef struct { segment *segments; size_t count; int checked; u64 span; } ranges;
typedef struct { unsigned seed; u64 columns; const u8 *thresholds, *words; } layer;
typedef struct { unsigned bits, layers; layer layer[16]; } stage;
typedef struct { unsigned low_bits; u32 zero[64]; } model;
typedef struct {
    int flags;
    ranges where;
    unsigned log_block, stages;
    model models[256];
    const u8 *block_model, **block;   /* block[i] to block[i + 1] */
    u8 *decoded, *bitmap;
    stage stage[2];
} part;
typedef struct { const u8 *at, *end; } cursor;

static void damaged(void) { fputs("damaged\n", stderr); exit(2); }

static const u8 *take(cursor *c, u64 size) {
    const u8 *at = c->at;
    if (size > (u64)(c->end - c->at)) damaged();
    c->at += size;
    return at;
}

static u64 word(cursor *c, int size) {
    const u8 *at = take(c, size);
    u64 value = 0;
    while (size--) value = value << 8 | at[size];
    return value;
}

static u64 varint(cursor *c) {
    u64 value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
        u64 byte = word(c, 1);
        value |= (byte & 127) << shift;
        if (byte < 128) return value;
    }
    damaged();
    return 0;
}

static void *room(u64 count, size_t size) {
    void *space = calloc(count + 1, size);
    if (!space) exit(3);
    return space;
}

/* SM3, GB/T 32905 */

static u32 turn(u32 x, int by) { by &= 31; return by ? x << by | x >> (32 - by) : x; }

static void compress(u32 state[8], const u8 *block) {
    u32 w[68], v[8];
    for (int j = 0; j < 16; j++)
        w[j] = (u32)block[4 * j] << 24 | block[4 * j + 1] << 16 | block[4 * j + 2] << 8 | block[4 * j + 3];
    for (int j = 16; j < 68; j++) {
        u32 x = w[j - 16] ^ w[j - 9] ^ turn(w[j - 3], 15);
        w[j] = x ^ turn(x, 15) ^ turn(x, 23) ^ turn(w[j - 13], 7) ^ w[j - 6];
    }
    memcpy(v, state, sizeof v);
    for (int j = 0; j < 64; j++) {
        u32 s1 = turn(turn(v[0], 12) + v[4] + turn(j < 16 ? 0x79CC4519 : 0x7A879D8A, j), 7);
        u32 ff = j < 16 ? v[0] ^ v[1] ^ v[2] : (v[0] & v[1]) | (v[0] & v[2]) | (v[1] & v[2]);
        u32 gg = j < 16 ? v[4] ^ v[5] ^ v[6] : (v[4] & v[5]) | (~v[4] & v[6]);
        u32 t1 = ff + v[3] + (s1 ^ turn(v[0], 12)) + (w[j] ^ w[j + 4]);
        u32 t2 = gg + v[7] + s1 + w[j];
        v[3] = v[2]; v[2] = turn(v[1], 9); v[1] = v[0]; v[0] = t1;
        v[7] = v[6]; v[6] = turn(v[5], 19); v[5] = v[4]; v[4] = t2 ^ turn(t2, 9) ^ turn(t2, 17);
    }
    for (int j = 0; j < 8; j++) state[j] ^= v[j];
}

static int digest_fits(const u8 *data, u64 size, const u8 *digest) {
    u32 state[8] = {0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E};
    u8 last[128] = {0};
    u64 whole = size / 64 * 64, rest = size - whole, end = rest < 56 ? 64 : 128;
    for (u64 at = 0; at < whole; at += 64) compress(state, data + at);
    memcpy(last, data + whole, rest);
    last[rest] = 0x80;
    for (int j = 0; j < 8; j++) last[end - 1 - j] = (u8)(size * 8 >> 8 * j);
    for (u64 at = 0; at < end; at += 64) compress(state, last + at);
    for (int j = 0; j < 32; j++)
        if (digest[j] != (u8)(state[j / 4] >> (24 - 8 * (j % 4)))) return 0;
    return 1;
}

/* 4. which numbers */

static void read_segments(cursor *c, ranges *r) {
    for (u64 classes = varint(c); classes; classes--) {
        segment s = {0};
        u64 stop = 0;
        s.width = (unsigned)word(c, 1);
        s.head_size = (unsigned)word(c, 1);
        s.head = take(c, s.head_size);
        r->checked |= s.width >= CHECKED;
        for (u64 left = varint(c); left; left--) {
            s.start = stop + varint(c);
            s.length = varint(c);
            s.rank = r->span;
            stop = s.start + s.length;
            r->span += s.length;
            if ((r->count & (r->count - 1)) == 0) {
                r->segments = realloc(r->segments, (r->count ? 2 * r->count : 1) * sizeof s);
                if (!r->segments) exit(3);
            }
            r->segments[r->count++] = s;
        }
    }
}

static int has_check_character(const u8 *number, size_t size) {
    static const int weight[8] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    if (size != 9) return 0;
    for (int j = 0; j < 8; j++) {
        if (number[j] >= '0' && number[j] <= '9') sum += weight[j] * (number[j] - '0');
        else if (number[j] >= 'A' && number[j] <= 'Z') sum += weight[j] * (number[j] - 'A' + 10);
        else return 0;
    }
    return number[8] == "0123456789X"[(11 - sum % 11) % 11];
}

static int find_rank(const ranges *r, const u8 *number, size_t size, u64 *rank) {
    unsigned width = 0, digits = 0;
    u64 value = 0;
    if (r->checked && has_check_character(number, size)) { size--; width = CHECKED; }
    while (digits < 18 && digits < size && number[size - 1 - digits] >= '0' && number[size - 1 - digits] <= '9') digits++;
    for (size_t at = size - digits; at < size; at++) value = value * 10 + (number[at] - '0');
    width |= digits;
    for (size_t i = 0; i < r->count; i++) {
        const segment *s = r->segments + i;
        if (s->width == width && s->head_size == size - digits && !memcmp(s->head, number, size - digits)
            && value >= s->start && value - s->start < s->length) {
            *rank = s->rank + value - s->start;
            return 1;
        }
    }
    return 0;
}

/* 5. the marks */

static void read_marks(cursor *c, part *p) {
    p->log_block = (unsigned)word(c, 1);
    if (p->log_block > 32) damaged();
    unsigned models = (unsigned)word(c, 1);
    u64 blocks = (p->where.span - 1 >> p->log_block) + 1;
    for (unsigned i = 0; i < models; i++) {
        p->models[i].low_bits = (unsigned)word(c, 1);
        if (p->models[i].low_bits > 62) damaged();
        for (unsigned j = 0; j <= p->models[i].low_bits; j++) p->models[i].zero[j] = (u32)word(c, 2);
    }
    p->block_model = take(c, blocks);
    p->block = room(blocks + 1, sizeof *p->block);
    u64 *sizes = room(blocks, sizeof *sizes);
    for (u64 i = 0; i < blocks; i++) sizes[i] = varint(c);
    for (u64 i = 0; i < blocks; i++) p->block[i] = take(c, sizes[i]);
    p->block[blocks] = c->at;
    free(sizes);
    p->decoded = room(blocks, 1);
    p->bitmap = room(p->where.span / 8, 1);
}

typedef struct { const u8 *at, *end; u32 code, range; } decoder;

static u32 next_byte(decoder *d) { return d->at < d->end ? *d->at++ : 0; }

static int decide(decoder *d, u32 zero) {
    u32 bound = (d->range >> 16) * zero;
    int bit = d->code >= bound;
    if (bit) { d->code -= bound; d->range -= bound; } else d->range = bound;
    while (d->range < 1u << 24) { d->code = d->code << 8 | next_byte(d); d->range <<= 8; }
    return bit;
}

static void decode_block(part *p, u64 block) {
    const model *m = p->models + p->block_model[block];
    decoder d = {p->block[block], p->block[block + 1], 0, 0xFFFFFFFF};
    u64 base = block << p->log_block, size = p->where.span - base, place = 0;
    if (size > (u64)1 << p->log_block) size = (u64)1 << p->log_block;
    for (int j = 0; j < 4; j++) d.code = d.code << 8 | next_byte(&d);
    for (;;) {
        while (place < size && decide(&d, m->zero[0])) place += (u64)1 << m->low_bits;
        if (place >= size) return;
        for (unsigned j = m->low_bits; j; j--) place += (u64)decide(&d, m->zero[j]) << (j - 1);
        if (place >= size) damaged();
        p->bitmap[(base + place) / 8] |= (u8)(1 << (base + place) % 8);
        place++;
    }
}

static int coded_mark(part *p, u64 rank) {
    u64 block = rank >> p->log_block;
    if (p->block_model[block] == 255) return 0;
    if (!p->decoded[block]) { decode_block(p, block); p->decoded[block] = 1; }
    return p->bitmap[rank / 8] >> rank % 8 & 1;
}

/* 6. the pool */

static u64 rotate(u64 x, int by) { return x << by | x >> (64 - by); }

static void sip_round(u64 v[4], int rounds) {
    while (rounds--) {
        v[0] += v[1]; v[1] = rotate(v[1], 13) ^ v[0]; v[0] = rotate(v[0], 32);
        v[2] += v[3]; v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3]; v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1]; v[1] = rotate(v[1], 17) ^ v[2]; v[2] = rotate(v[2], 32);
    }
}

static void siphash(const u8 *number, size_t size, u64 *h1, u64 *h2) {
    const u64 k0 = 0, k1 = 0x72657065656B6D73;
    u64 v[4] = {k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573};
    for (size_t at = 0; at <= size; at += 8) {
        u64 m = at + 8 > size ? (u64)size << 56 : 0;
        for (size_t j = 0; j < 8 && at + j < size; j++) m |= (u64)number[at + j] << 8 * j;
        v[3] ^= m; sip_round(v, 2); v[0] ^= m;
    }
    v[2] ^= 0xEE; sip_round(v, 4);
    *h1 = v[0] ^ v[1] ^ v[2] ^ v[3];
    v[1] ^= 0xDD; sip_round(v, 4);
    *h2 = v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void read_pool(cursor *c, part *p) {
    p->stages = (unsigned)word(c, 1);
    if (p->stages > 2) damaged();
    for (unsigned i = 0; i < p->stages; i++) {
        stage *s = p->stage + i;
        s->bits = (unsigned)word(c, 1);
        s->layers = (unsigned)word(c, 1);
        if (s->layers > 16) damaged();
        for (unsigned j = 0; j < s->layers; j++) {
            layer *l = s->layer + j;
            l->seed = (unsigned)word(c, 1);
            l->columns = 64 * word(c, 4);
            if (l->columns < 128) damaged();
            u64 buckets = j + 1 < s->layers ? (l->columns - 127 + 383) / 384 : 0;
            l->thresholds = take(c, (buckets + 3) / 4);
            l->words = take(c, l->columns / 8 * s->bits);
        }
    }
}

static u64 mix(u64 x) {
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
    x = (x ^ x >> 27) * 0x94D049BB133111EB;
    return x ^ x >> 31;
}

static u64 column(const layer *l, unsigned bits, unsigned bit, u64 at) {
    const u8 *w = l->words + 8 * (at / 64 * bits + bit);
    return w[at % 64 / 8] >> at % 8 & 1;
}

static int ask(const stage *s, unsigned index, u64 h1, u64 h2, int is_filter) {
    static const u64 threshold[4] = {0, 48, 128, 384};
    const u64 g = 0x9E3779B97F4A7C15;
    for (unsigned depth = 0; depth < s->layers; depth++) {
        const layer *l = s->layer + depth;
        u64 step = g * (1 + (index << 16 | depth << 8 | l->seed));
        u64 x = mix(h1 + step), low = mix(h2 + step) | 1, high = mix(low + g);
        u64 start = (x >> 32) * (l->columns - 127) >> 32, bucket = start / 384;
        if (depth + 1 < s->layers && start % 384 < threshold[l->thresholds[bucket / 4] >> 2 * (bucket % 4) & 3]) continue;
        for (unsigned bit = 0; bit < s->bits; bit++) {
            u64 parity = 0;
            for (int j = 0; j < 64; j++) {
                parity ^= (low >> j & 1) & column(l, s->bits, bit, start + j);
                parity ^= (high >> j & 1) & column(l, s->bits, bit, start + 64 + j);
            }
            if (parity != (is_filter ? x >> bit & 1 : 1)) return 0;
        }
        return 1;
    }
    return 0;
}

static int pool_mark(const part *p, const u8 *number, size_t size) {
    u64 h1, h2;
    siphash(number, size, &h1, &h2);
    for (unsigned i = 0; i < p->stages; i++)
        if (!ask(p->stage + i, i, h1, h2, i + 1 < p->stages)) return 0;
    return p->stages > 0;
}

/* 1, 2. the file */

static void read_part(cursor *file, part *p, const part *below) {
    cursor c = *file, head = *file;
    const u8 *begin = c.at;
    take(&head, 4 + 1);
    int kind = (int)word(&head, 1);
    p->flags = (int)word(&head, 2);
    take(&head, 5 * 8);
    u64 size = word(&head, 4), ranges_size = word(&head, 4);
    if (kind == OVERLAY) take(&head, 2 * DIGEST);
    c.end = begin + size;
    if (size > (u64)(file->end - begin)) damaged();
    c.at = head.at;
    const u8 *pool = c.at + ranges_size;
    if (p->flags & INHERIT) { if (!below) damaged(); p->where = below->where; }
    else read_segments(&c, &p->where);
    if (p->where.span) read_marks(&c, p);
    c.at = pool;
    if (p->flags & OPEN) read_pool(&c, p);
    file->at = begin + size;
    take(file, word(file, 2));
    u64 whole = (u64)(file->at - begin);
    if (!digest_fits(begin, whole, take(file, DIGEST))) damaged();
}

static char answer(part *parts, unsigned count, const u8 *number, size_t size) {
    int mark = 0, known = 0;
    for (part *p = parts; p < parts + count; p++) {
        u64 rank;
        known = 1;
        if (find_rank(&p->where, number, size, &rank)) mark ^= coded_mark(p, rank) ^ (p->flags & COMPLEMENT);
        else if (p->flags & OPEN) mark ^= pool_mark(p, number, size) ^ (p->flags & COMPLEMENT);
        else known = 0;
    }
    return known ? "vi"[mark] : 'u';
}

int main(int count, char **names) {
    FILE *file = count == 2 ? fopen(names[1], "rb") : NULL;
    if (!file) { fputs("usage: reader LIST < numbers\n", stderr); return 2; }
    fseek(file, 0, SEEK_END);
    u64 size = (u64)ftell(file);
    u8 *data = room(size, 1);
    rewind(file);
    if (fread(data, 1, size, file) != size) return 3;
    if (size < 8 + DIGEST || memcmp(data, "SKHL\1", 5) || !digest_fits(data, size - DIGEST, data + size - DIGEST)) damaged();
    cursor all = {data, data + size};
    unsigned many = 1;
    if (data[5] == OVERLAY) damaged();
    if (data[5] == STACK) { many = data[6] | data[7] << 8; all.at += 8; all.end -= DIGEST; }
    part *parts = room(many, sizeof *parts);
    for (unsigned i = 0; i < many; i++) read_part(&all, parts + i, i ? parts + i - 1 : NULL);
    if (all.at != all.end) damaged();
    char line[256];
    while (fgets(line, sizeof line, stdin))
        printf("%c\n", answer(parts, many, (u8 *)line, strcspn(line, "\r\n")));
    return 0;
}
