# Deflate for what filters leave of photos: literals and runs, because other repetitions are rare and slow to find.

cdef enum:
    BLOCK = 65_536          # bytes that share a code
    SHORTEST = 3            # run that one symbol codes
    LONGEST = 258
    END = 256               # the symbol that ends a block; as a token, too
    RUN = 256               # a token is a literal, or RUN plus the length of a run
    LITERAL_BITS = 13       # of a code at most: three tokens fit into 64 bits
    HEADER_BITS = 7

cdef uint8_t[19] LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

cdef struct Deflater:
    uint8_t *out                        # where the next bytes go
    uint64_t bits                       # up to 7 bits that do not fill a byte yet
    int count
    uint16_t tokens[BLOCK + 8]
    Py_ssize_t token_count
    uint32_t counts[MOST_SYMBOLS]
    uint32_t code_of[RUN + LONGEST + 1]  # of each token, with additional bits and distance; its length in the high byte


cdef Py_ssize_t deflated_bound(Py_ssize_t size) noexcept nogil:
    """Return the most bytes that `size` bytes deflate to."""
    return size + size // 2 + 512 * (size // BLOCK + 2)


cdef inline void put(Deflater *deflater, uint32_t value, int count) noexcept nogil:
    """Write up to 32 bits, the lowest first."""
    deflater.bits |= <uint64_t>value << deflater.count
    deflater.count += count
    while deflater.count >= 8:
        deflater.out[0] = <uint8_t>deflater.bits
        deflater.out += 1
        deflater.bits >>= 8
        deflater.count -= 8


cdef inline void split_length(int length, int *symbol, int *extra_bits, int *extra) noexcept nogil:
    """Find the symbol of a run's length, and the bits that follow it."""
    cdef int rest = length - SHORTEST, bits = 0
    if length == LONGEST:
        symbol[0], extra_bits[0], extra[0] = 285, 0, 0
        return
    while rest >> bits >= 8:
        bits += 1
    symbol[0] = 257 + 4 * bits + (rest >> bits)
    extra_bits[0], extra[0] = bits, rest & ((1 << bits) - 1)


cdef inline Py_ssize_t bytes_before_run(uint64_t equal) noexcept nogil:
    """Return the bytes of eight before three of zero that follow each other; 8 if there are none."""
    cdef uint64_t low = 0x7f7f7f7f7f7f7f7f, ones = 0x0101010101010101, zeros, starts
    zeros = ~(((equal & low) + low) | equal | low)
    starts = zeros & zeros >> 8 & zeros >> 16       # the highest bit of each byte that begins such a run
    return 8 if starts == 0 else <Py_ssize_t>(((starts - 1 & ~starts & ones) * ones) >> 56) - 1


cdef void find_tokens(Deflater *deflater, const uint8_t *data, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Cut bytes first to last - 1 into literals and runs of the byte before."""
    cdef uint16_t *token = deflater.tokens
    cdef Py_ssize_t k = first, end, n, literals
    cdef uint64_t here, before
    while k < last:
        if k > 0 and k + 8 <= last:
            memcpy(&here, data + k, 8)
            memcpy(&before, data + k - 1, 8)
            literals = bytes_before_run(here ^ before)
            for n in range(8):      # those from the run on are written over
                token[n] = data[k + n]
            token += literals
            k += literals
            if literals == 8:
                continue
        end = k
        if k > 0:
            while end < last and end - k < LONGEST and data[end] == data[k - 1]:
                end += 1
        if end - k >= SHORTEST:
            token[0] = <uint16_t>(RUN + end - k)
            k = end
        else:
            token[0] = data[k]
            k += 1
        token += 1
    token[0] = END
    deflater.token_count = token + 1 - deflater.tokens


cdef void count_symbols(Deflater *deflater) noexcept nogil:
    """Count literals and lengths. Two tables, because adding to one place twice in a row waits for memory."""
    cdef uint32_t found[2][RUN + LONGEST + 1]
    cdef Py_ssize_t k, pairs = deflater.token_count // 2
    cdef int symbol, extra_bits, extra
    memset(found, 0, sizeof(found))
    for k in range(pairs):
        found[0][deflater.tokens[2 * k]] += 1
        found[1][deflater.tokens[2 * k + 1]] += 1
    if deflater.token_count % 2:
        found[0][deflater.tokens[deflater.token_count - 1]] += 1
    memset(deflater.counts, 0, sizeof(deflater.counts))
    for k in range(END + 1):
        deflater.counts[k] = found[0][k] + found[1][k]
    for k in range(SHORTEST, LONGEST + 1):
        split_length(<int>k, &symbol, &extra_bits, &extra)
        deflater.counts[symbol] += found[0][RUN + k] + found[1][RUN + k]


cdef void write_codes(Deflater *deflater, const uint8_t *lengths, Py_ssize_t symbols) noexcept nogil:
    """Write the lengths of the codes, as symbols of a code of their own: a length, or a run of one or of zeros."""
    cdef uint8_t kinds[MOST_SYMBOLS + 1]
    cdef uint8_t more[MOST_SYMBOLS + 1]
    cdef uint32_t counts[19]
    cdef uint8_t own[19]
    cdef uint32_t codes[19]
    cdef Py_ssize_t k = 0, end, found = 0, stored = 19
    cdef int kind
    memset(counts, 0, sizeof(counts))
    while k <= symbols:     # the length after the last symbol is that of the only distance
        kind, end = (lengths[k] if k < symbols else 1), k
        while end < symbols and lengths[end] == kind:
            end += 1
        if kind == 0 and end - k >= 3:
            end = min(end, k + 138)
            kinds[found], more[found] = (17, end - k - 3) if end - k <= 10 else (18, end - k - 11)
            k = end
        elif k > 0 and end - k >= 3 and lengths[k - 1] == kind:
            end = min(end, k + 6)
            kinds[found], more[found] = 16, end - k - 3
            k = end
        else:
            kinds[found], more[found] = kind, 0
            k += 1
        counts[kinds[found]] += 1
        found += 1
    choose_lengths(counts, 19, HEADER_BITS, own)
    assign_codes(own, 19, codes)
    while own[LENGTH_ORDER[stored - 1]] == 0:
        stored -= 1
    put(deflater, <uint32_t>(symbols - 257), 5)
    put(deflater, 0, 5)     # one distance
    put(deflater, <uint32_t>(stored - 4), 4)
    for k in range(stored):
        put(deflater, own[LENGTH_ORDER[k]], 3)
    for k in range(found):
        kind = kinds[k]
        put(deflater, codes[kind], own[kind])
        if kind >= 16:
            put(deflater, more[k], 2 if kind == 16 else 3 if kind == 17 else 7)


cdef void prepare_codes(Deflater *deflater, const uint8_t *lengths) noexcept nogil:
    """Fill code_of for the tokens of a block."""
    cdef uint32_t codes[MOST_SYMBOLS]
    cdef int length, symbol, extra_bits, extra
    assign_codes(lengths, MOST_SYMBOLS, codes)
    for symbol in range(END + 1):
        deflater.code_of[symbol] = codes[symbol] | <uint32_t>lengths[symbol] << 24
    for length in range(SHORTEST, LONGEST + 1):
        split_length(length, &symbol, &extra_bits, &extra)
        # The distance of 1 has a code of one bit, 0.
        deflater.code_of[RUN + length] = (codes[symbol] | <uint32_t>extra << lengths[symbol]
                                          | <uint32_t>(lengths[symbol] + extra_bits + 1) << 24)


cdef void write_tokens(Deflater *deflater) noexcept nogil:
    """Write the codes of all tokens: three at once fit into 64 bits with those that do not fill a byte."""
    cdef const uint16_t *token = deflater.tokens
    cdef const uint32_t *code_of = deflater.code_of
    cdef uint8_t *out = deflater.out
    cdef uint64_t bits = deflater.bits
    cdef int count = deflater.count, n
    cdef Py_ssize_t k
    cdef uint32_t code
    for k in range(deflater.token_count // 3):
        for n in range(3):
            code = code_of[token[n]]
            bits |= <uint64_t>(code & 0xffffff) << count
            count += code >> 24
        token += 3
        memcpy(out, &bits, 8)
        out += count >> 3
        bits = bits >> (count & 56) if count < 64 else 0
        count &= 7
    deflater.out, deflater.bits, deflater.count = out, bits, count
    for k in range(deflater.token_count % 3):
        code = code_of[token[k]]
        put(deflater, code & 0xffffff, code >> 24)


cdef void write_block(Deflater *deflater) noexcept nogil:
    """Write the tokens of a block with a code of their own."""
    cdef uint8_t lengths[MOST_SYMBOLS]
    cdef Py_ssize_t symbols = MOST_SYMBOLS
    count_symbols(deflater)
    choose_lengths(deflater.counts, MOST_SYMBOLS, LITERAL_BITS, lengths)
    while lengths[symbols - 1] == 0:
        symbols -= 1
    put(deflater, 0b100, 3)     # not the last block; dynamic codes
    write_codes(deflater, lengths, symbols)
    prepare_codes(deflater, lengths)
    write_tokens(deflater)


cdef void deflate_blocks(Deflater *deflater, const uint8_t *data, Py_ssize_t size, uint8_t *out) noexcept nogil:
    """Write data as blocks, and fill up the last byte with an empty stored block."""
    cdef Py_ssize_t first = 0, last
    deflater.out, deflater.bits, deflater.count = out, 0, 0
    while first < size:
        last = min(first + BLOCK, size)
        find_tokens(deflater, data, first, last)
        write_block(deflater)
        first = last
    put(deflater, 0, 3)
    put(deflater, 0, -deflater.count & 7)
    put(deflater, 0xffff0000, 32)
