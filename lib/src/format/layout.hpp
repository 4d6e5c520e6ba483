// Every byte that reaches a disk or another process: constants and structs, and nothing else. docs/format.md describes the same bytes, and
// tests/unit/test_format.cpp holds the two together.
//
// All integers are little-endian, as on every machine this runs on (asserted below). A change of any struct raises kFormatVersion; one of the
// live index alone may change the fingerprint instead, so that snapshots and records stay readable.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace zccache::format {

static_assert(std::endian::native == std::endian::little, "the formats are little-endian and are read in place");
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "words shared between processes must be lock-free");

inline constexpr std::uint32_t kFormatVersion = 4;

inline constexpr std::uint64_t kLiveMagic = 0x0A0D'4556'494C'435A;         // "ZCLIVE\r\n"
inline constexpr std::uint64_t kSnapshotMagic = 0x0A0D'5041'4E53'435A;     // "ZCSNAP\r\n"
inline constexpr std::uint64_t kSnapshotEndMagic = 0x0A0D'444E'4553'435A;  // "ZCSEND\r\n"
inline constexpr std::uint32_t kRecordMagic = 0x4345'525A;                 // "ZREC"

inline constexpr std::size_t kMaxKeyBytes = 4096;
inline constexpr std::size_t kMaxRecordBytes = std::size_t{64} << 20;
inline constexpr std::size_t kRecordAlignment = 8;
inline constexpr std::size_t kPageBytes = 4096;

// --- A record: one immutable entry. The same bytes in the live index and in the snapshot. -----------------------------------------------

enum RecordFlags : std::uint16_t {
  kTombstone = 1,  ///< the key was removed at this sequence number; key only
};

/// Followed by OutputEntry[output_count], the key, the names one after another, stdout, stderr, and zero padding to 8 bytes.
struct RecordHeader {
  std::uint32_t magic;     ///< kRecordMagic
  std::uint32_t length;    ///< bytes of the whole record, a multiple of 8
  std::uint64_t checksum;  ///< XXH3-64 of the bytes from `exit_code` to the end of the record

  // The one word that changes: written by whoever serves the entry, read by whoever evicts. It says nothing about the rest of the record, is
  // outside its checksum, and may be anything after damage: at worst an entry leaves the cache too early or too late.
  std::atomic<std::uint32_t> used_at_minutes;  ///< Unix epoch / 60

  // Immutable once published.
  std::int32_t exit_code;
  std::uint64_t sequence;  ///< grows with every change in a cache directory; the newest of a key wins
  std::uint64_t stored_at_secs;
  std::uint64_t total_size;
  std::uint16_t flags;  ///< RecordFlags
  std::uint16_t key_size;
  std::uint32_t output_count;
  std::uint32_t stdout_size;
  std::uint32_t stderr_size;
};
static_assert(sizeof(RecordHeader) == 64 && alignof(RecordHeader) == 8, "a change of RecordHeader raises kFormatVersion");
inline constexpr std::size_t kRecordChecksumFrom = offsetof(RecordHeader, exit_code);
static_assert(kMaxKeyBytes <= std::numeric_limits<decltype(RecordHeader::key_size)>::max());

struct OutputEntry {
  std::uint64_t size;
  std::uint64_t digest_low;
  std::uint64_t digest_high;
  std::uint32_t name_end;  ///< where the name ends, from the start of the names; it begins where the one before it ends
  std::uint32_t mode;
};
static_assert(sizeof(OutputEntry) == 32, "a change of OutputEntry raises kFormatVersion");

// --- The live index: one page of header, then a Boost.Interprocess managed segment. -----------------------------------------------------

using Word = std::atomic<std::uint64_t>;

/// Counters that any process may add to without a lock. A renewal takes them along by setting kDrained: an adder that finds the bit set has not
/// been counted and goes to the new generation, so that nothing is lost or counted twice.
inline constexpr std::uint64_t kDrained = std::uint64_t{1} << 63;

inline constexpr std::size_t kHostCounters = 40;  ///< the same number stands in <zccache/stats.hpp>

struct SharedCounters {
  Word hits;
  Word misses;
  Word evictions;
  std::array<Word, kHostCounters> host;  ///< what they count is decided by the program, not here
};

/// What the snapshot takes along of the statistics.
struct Totals {
  std::uint64_t hits;
  std::uint64_t misses;
  std::uint64_t evictions;
  std::uint64_t inserts;
  std::uint64_t removes;
  std::uint64_t renewals;
  std::uint64_t flushes_done;
  std::uint64_t flushes_failed;
  std::array<std::uint64_t, kHostCounters> host;
};

/// What one change does to the counts. Written by the holder of the writer lock.
struct Counts {
  Word entries;
  Word live_bytes;
  Word last_sequence;  ///< every record up to this one has been published
  Word inserts;
  Word removes;
};

struct LiveHeader {
  // These 16 bytes keep their place in all versions, so that a process of another version can be told to leave.
  std::uint64_t magic;                 ///< kLiveMagic
  std::uint32_t version;               ///< kFormatVersion
  std::atomic<std::uint32_t> retired;  ///< not 0: a newer generation replaces this file, or is about to. Changed under the writer lock

  // Write-once, before the file is published; covered by `checksum`.
  std::uint64_t fingerprint;  ///< layout of everything shared that the compiler and Boost decide
  std::array<std::uint8_t, 16> boot_id;
  std::uint64_t device;  ///< of this very file: a copy differs
  std::uint64_t inode;
  std::uint64_t generation;
  std::uint64_t file_bytes;
  std::uint64_t map_offset;  ///< from the start of the file, as extent_offset
  std::uint64_t map_buckets;
  std::uint64_t map_checksum;  ///< XXH3-64 of the map object, its count of elements taken as 0
  std::uint64_t extent_offset;
  std::uint64_t created_at_secs;
  std::uint64_t life;      ///< the same in all generations that came of each other by renewals; no two others have it in common
  std::uint64_t checksum;  ///< XXH3-64 of the bytes from `fingerprint` to here

  // Written by the holder of the writer lock, read by anybody (statistics, the flusher).
  alignas(64) std::atomic<std::uint32_t> dirty;  ///< not 0: `pending` is a change on its way; see docs/concurrency.md
  Counts counts;
  struct {
    Word slot_offset;    ///< the map's value that changes
    Word record_offset;  ///< what it changes to
    Counts after;        ///< the counts once it has changed
  } pending;
  Word highest_sequence;  ///< ever handed out, be it to a change that never happened; at least counts.last_sequence

  // Set by the first who has to wait for the writer lock, when it is 0; made 0 by whoever gets the lock or gives it back.
  Word awaited_since;  ///< steady clock, nanoseconds: since then nobody has got hold of the lock

  // Written by the flusher, under the writer lock, when it is done.
  alignas(64) Word flushed_sequence;  ///< every record up to this one is in the newest snapshot
  Word last_flush_at_millis;          ///< Unix epoch
  Word last_flush_micros;
  Word last_removal;  ///< the newest sequence number that removed something: unflushed, a restart brings it back
  Word flushes_done;
  Word flushes_failed;
  Word snapshot_entries;
  Word snapshot_bytes;
  Word renewals;
  Word flushed_used;            ///< `used` minus this is how much was written to the extent since the newest snapshot
  Word flush_failed_at_millis;  ///< Unix epoch; 0 in a new generation

  // Written by anybody, each on its own.
  alignas(64) SharedCounters shared;
};
static_assert(offsetof(LiveHeader, retired) == 12, "the retired word never moves");
static_assert(sizeof(LiveHeader) <= kPageBytes, "the header is one page");

/// A run of bytes in the managed segment that is only ever used from the front. Nodes and records lie in it side by side. The disk has blocks
/// for the front of it, and more are asked for as it fills.
struct ExtentHeader {
  std::uint64_t capacity;  ///< bytes that follow this header
  Word allocated;          ///< of them, from the front: bytes with blocks on the disk
  Word used;               ///< of them: bytes taken from the front
};
static_assert(sizeof(ExtentHeader) == 24);

// --- The snapshot: header, records, lookup table, footer. ----------------------------------------------------------------------------

struct SnapshotHeader {
  std::uint64_t magic;    ///< kSnapshotMagic
  std::uint32_t version;  ///< kFormatVersion
  std::uint32_t header_bytes;
  std::uint64_t generation;
  std::uint64_t base_sequence;  ///< every change up to this one is in this snapshot
  std::uint64_t created_at_secs;
  std::uint64_t life;  ///< of the live index that it was made of, or 0: of an earlier version, which did not say
  Totals totals;
  std::uint64_t checksum;  ///< XXH3-64 of the bytes before it
};
static_assert(sizeof(SnapshotHeader) == 440, "a change of SnapshotHeader raises kFormatVersion");

/// The table is an array of slots with linear probing. A slot is 0 if empty, else kSlotTagBits of the key's hash above the record's offset / 8.
inline constexpr unsigned kSlotOffsetBits = 40;

struct SnapshotFooter {
  std::uint64_t record_count;
  std::uint64_t records_offset;
  std::uint64_t records_bytes;
  std::uint64_t table_offset;
  std::uint64_t table_slots;
  std::uint64_t table_checksum;   ///< XXH3-64 of the table
  std::uint64_t header_checksum;  ///< that of the header: the two belong together
  std::uint64_t checksum;         ///< XXH3-64 of the bytes before it
  std::uint64_t magic;            ///< kSnapshotEndMagic, the last eight bytes of the file
};
static_assert(sizeof(SnapshotFooter) == 72, "a change of SnapshotFooter raises kFormatVersion");

// --- The history: what each flush found, for reports. A file of kHistoryRows rows, each in its place or zero. -----------------------------

inline constexpr std::uint64_t kHistoryRows = 4096;

/// At `number % kHistoryRows`. Written by the flusher; a row that was torn by a kill has a wrong checksum and does not count.
struct HistoryRow {
  std::uint64_t number;  ///< of the flush, from 1
  std::uint64_t at_secs;
  std::uint64_t hits;
  std::uint64_t misses;
  std::uint64_t inserts;
  std::uint64_t evictions;
  std::uint64_t entries;
  std::uint64_t live_bytes;
  std::uint64_t flush_micros;
  std::uint64_t checksum;  ///< XXH3-64 of the bytes before it
};
static_assert(sizeof(HistoryRow) == 80, "a change of HistoryRow gives the history another file name");

// --- A pack: all payloads of an entry in one file. Header, one PackEntry for each output, then their bytes one after another. -------------

inline constexpr std::uint64_t kPackMagic = 0x0A0D'4B43'4150'435A;   // "ZCPACK\r\n"
inline constexpr std::uint16_t kPackVersion = 1;                     // of its own: payloads outlive the index's versions
inline constexpr std::size_t kMaxPackBytes = std::size_t{64} << 20;  // of its payloads; a pack is read whole

enum PackFlags : std::uint16_t {
  kPackZstd = 1,  ///< what follows the table is one zstd frame of the payloads, and smaller than they are
};

struct PackHeader {
  std::uint64_t magic;    ///< kPackMagic
  std::uint16_t version;  ///< kPackVersion
  std::uint16_t flags;    ///< PackFlags. Whoever does not know one of them leaves the pack alone
  std::uint32_t output_count;
  std::uint64_t key_low;  ///< XXH3-128 of the key that it belongs to
  std::uint64_t key_high;
  std::uint64_t checksum;  ///< XXH3-64 of this struct with the checksum of the PackEntry table in this place
};
static_assert(sizeof(PackHeader) == 40, "a change of PackHeader raises kPackVersion");

struct PackEntry {
  std::uint64_t size;
  std::uint64_t digest_low;  ///< of the payload, as in the record
  std::uint64_t digest_high;
};
static_assert(sizeof(PackEntry) == 24, "a change of PackEntry raises kPackVersion");

}  // namespace zccache::format
