/** Packets of Opus (RFC 6716, section 3): how long one is, and two made one. */

/** The longest that a packet may be: 120 ms, in RTP's ticks (RFC 7587, section 4.1: 48 kHz). */
export const PACKET_MAX_TICKS = 5_760;

/** A frame's ticks by the first five bits of its packet: SILK alone, both, CELT alone (RFC 6716, table 2). */
const SILK_TICKS = [480, 960, 1_920, 2_880];
const HYBRID_TICKS = [480, 960];
const CELT_TICKS = [120, 240, 480, 960];
/** In a packet of any number of frames (code 3): each has a length of its own, and padding follows. */
const OF_OWN_LENGTHS = 0x80;
const PADDED = 0x40;
/** From this byte on, a length has a second one. */
const LONG = 252;
const PADDING_GOES_ON = 255;

/** How much sound a packet holds, in ticks; 0: it is none of Opus'. @param {Uint8Array} packet */
export function ticksOf(packet) {
  return (framesOf(packet)?.length ?? 0) * frameTicks(packet[0] ?? 0);
}

/**
 * One packet that says what two say, the second right behind the first. null: they are coded in two ways, too long together, or none of Opus'.
 * @param {Uint8Array} first @param {Uint8Array} second
 */
export function joined(first, second) {
  const [toc = 0, other = 0] = [first[0], second[0]];
  const [before, after] = [framesOf(first), framesOf(second)];
  if (!before || !after || toc >> 2 !== other >> 2) return null;
  const frames = [...before, ...after];
  if (frames.length * frameTicks(toc) > PACKET_MAX_TICKS) return null;
  const lengths = frames.slice(0, -1).flatMap(({ length }) => (length < LONG ? [length] : [LONG + (length & 3), (length - LONG - (length & 3)) >> 2]));
  return Uint8Array.of(toc | 3, OF_OWN_LENGTHS | frames.length, ...lengths, ...frames.flatMap((frame) => [...frame]));
}

/** @param {number} toc */
function frameTicks(toc) {
  const config = toc >> 3;
  const ticks = config < 12 ? SILK_TICKS[config % 4] : config < 16 ? HYBRID_TICKS[config % 2] : CELT_TICKS[config % 4];
  return ticks ?? 0;
}

/** What a packet is made of; null: it is none of Opus'. @param {Uint8Array} packet @returns {Uint8Array[] | null} */
function framesOf(packet) {
  if (!packet.length) return null;
  const code = (packet[0] ?? 0) & 3;
  if (code === 3) return framesOfMany(packet);
  const rest = packet.subarray(1);
  if (code === 0) return [rest];
  if (code === 1) return rest.length % 2 ? null : cut(rest, [rest.length / 2]);
  const { length, bytes } = lengthAt(rest, 0);
  return cut(rest.subarray(bytes), [length]);
}

/** @param {Uint8Array} packet of code 3 @returns {Uint8Array[] | null} */
function framesOfMany(packet) {
  const about = packet[1] ?? 0;
  const count = about & 0x3f;
  let at = 2;
  let padding = 0;
  for (let goesOn = (about & PADDED) > 0; goesOn;) {
    const byte = packet[at++] ?? 0;
    goesOn = byte === PADDING_GOES_ON;
    padding += goesOn ? byte - 1 : byte;
  }
  if (!count || count * frameTicks(packet[0] ?? 0) > PACKET_MAX_TICKS) return null;
  /** @type {number[]} */ const lengths = [];
  if (about & OF_OWN_LENGTHS) {
    while (lengths.length < count - 1) {
      const { length, bytes } = lengthAt(packet, at);
      lengths.push(length);
      at += bytes;
    }
  }
  const end = packet.length - padding;
  if (at > end) return null;
  const each = (end - at) / count;
  if (!(about & OF_OWN_LENGTHS)) lengths.push(...Array.from({ length: count - 1 }, () => each));
  return Number.isInteger(each) || about & OF_OWN_LENGTHS ? cut(packet.subarray(at, end), lengths) : null;
}

/** @param {Uint8Array} bytes @param {number[]} lengths of all parts but the last; null: there are not so many bytes @returns {Uint8Array[] | null} */
function cut(bytes, lengths) {
  let at = 0;
  const parts = lengths.map((length) => bytes.subarray(at, (at += length)));
  return at > bytes.length ? null : [...parts, bytes.subarray(at)];
}

/** A frame's length, in one byte or two. @param {Uint8Array} packet @param {number} at */
function lengthAt(packet, at) {
  const first = packet[at] ?? 0;
  return first < LONG ? { length: first, bytes: 1 } : { length: first + 4 * (packet[at + 1] ?? 0), bytes: 2 };
}
