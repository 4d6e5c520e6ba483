// docs/format.md against the code, row by row.
#include <fstream>
#include <map>
#include <sstream>

#include "catch.hpp"
#include "encoded.hpp"
#include "format/layout.hpp"
#include "support.hpp"

using namespace zccache;
using namespace zccache::test;

namespace {

struct Field {
  std::size_t offset;
  std::size_t size;
  std::string name;
  bool operator==(const Field&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Field& field) {
  return out << "| " << field.offset << " | " << field.size << " | `" << field.name << "` |";
}

struct Layout {
  std::size_t size;
  std::vector<Field> fields;
};
using Layouts = std::map<std::string, Layout>;

#define FIELD(type, member) \
  Field { offsetof(format::type, member), sizeof(format::type::member), #member }
#define PENDING(member) \
  Field { offsetof(format::LiveHeader, pending.member), sizeof(format::LiveHeader::pending.member), "pending." #member }

Layouts layouts_of_the_code() {
  return {
      {"RecordHeader",
       {sizeof(format::RecordHeader),
        {FIELD(RecordHeader, magic), FIELD(RecordHeader, length), FIELD(RecordHeader, checksum), FIELD(RecordHeader, used_at_minutes),
         FIELD(RecordHeader, exit_code), FIELD(RecordHeader, sequence), FIELD(RecordHeader, stored_at_secs), FIELD(RecordHeader, total_size),
         FIELD(RecordHeader, flags), FIELD(RecordHeader, key_size), FIELD(RecordHeader, output_count), FIELD(RecordHeader, stdout_size),
         FIELD(RecordHeader, stderr_size)}}},
      {"OutputEntry",
       {sizeof(format::OutputEntry),
        {FIELD(OutputEntry, size), FIELD(OutputEntry, digest_low), FIELD(OutputEntry, digest_high), FIELD(OutputEntry, name_end),
         FIELD(OutputEntry, mode)}}},
      {"LiveHeader",
       {sizeof(format::LiveHeader),
        {FIELD(LiveHeader, magic),
         FIELD(LiveHeader, version),
         FIELD(LiveHeader, retired),
         FIELD(LiveHeader, fingerprint),
         FIELD(LiveHeader, boot_id),
         FIELD(LiveHeader, device),
         FIELD(LiveHeader, inode),
         FIELD(LiveHeader, generation),
         FIELD(LiveHeader, file_bytes),
         FIELD(LiveHeader, map_offset),
         FIELD(LiveHeader, map_buckets),
         FIELD(LiveHeader, map_checksum),
         FIELD(LiveHeader, extent_offset),
         FIELD(LiveHeader, created_at_secs),
         FIELD(LiveHeader, life),
         FIELD(LiveHeader, checksum),
         FIELD(LiveHeader, dirty),
         FIELD(LiveHeader, counts),
         PENDING(slot_offset),
         PENDING(record_offset),
         PENDING(after),
         FIELD(LiveHeader, highest_sequence),
         FIELD(LiveHeader, awaited_since),
         FIELD(LiveHeader, flushed_sequence),
         FIELD(LiveHeader, last_flush_at_millis),
         FIELD(LiveHeader, last_flush_micros),
         FIELD(LiveHeader, last_removal),
         FIELD(LiveHeader, flushes_done),
         FIELD(LiveHeader, flushes_failed),
         FIELD(LiveHeader, snapshot_entries),
         FIELD(LiveHeader, snapshot_bytes),
         FIELD(LiveHeader, renewals),
         FIELD(LiveHeader, flushed_used),
         FIELD(LiveHeader, flush_failed_at_millis),
         FIELD(LiveHeader, shared)}}},
      {"Counts",
       {sizeof(format::Counts),
        {FIELD(Counts, entries), FIELD(Counts, live_bytes), FIELD(Counts, last_sequence), FIELD(Counts, inserts), FIELD(Counts, removes)}}},
      {"HistoryRow",
       {sizeof(format::HistoryRow),
        {FIELD(HistoryRow, number), FIELD(HistoryRow, at_secs), FIELD(HistoryRow, hits), FIELD(HistoryRow, misses), FIELD(HistoryRow, inserts),
         FIELD(HistoryRow, evictions), FIELD(HistoryRow, entries), FIELD(HistoryRow, live_bytes), FIELD(HistoryRow, flush_micros),
         FIELD(HistoryRow, checksum)}}},
      {"SharedCounters",
       {sizeof(format::SharedCounters),
        {FIELD(SharedCounters, hits), FIELD(SharedCounters, misses), FIELD(SharedCounters, evictions), FIELD(SharedCounters, host)}}},
      {"ExtentHeader",
       {sizeof(format::ExtentHeader), {FIELD(ExtentHeader, capacity), FIELD(ExtentHeader, allocated), FIELD(ExtentHeader, used)}}},
      {"SnapshotHeader",
       {sizeof(format::SnapshotHeader),
        {FIELD(SnapshotHeader, magic), FIELD(SnapshotHeader, version), FIELD(SnapshotHeader, header_bytes), FIELD(SnapshotHeader, generation),
         FIELD(SnapshotHeader, base_sequence), FIELD(SnapshotHeader, created_at_secs), FIELD(SnapshotHeader, life),
         FIELD(SnapshotHeader, totals), FIELD(SnapshotHeader, checksum)}}},
      {"Totals",
       {sizeof(format::Totals),
        {FIELD(Totals, hits), FIELD(Totals, misses), FIELD(Totals, evictions), FIELD(Totals, inserts), FIELD(Totals, removes),
         FIELD(Totals, renewals), FIELD(Totals, flushes_done), FIELD(Totals, flushes_failed), FIELD(Totals, host)}}},
      {"PackHeader",
       {sizeof(format::PackHeader),
        {FIELD(PackHeader, magic), FIELD(PackHeader, version), FIELD(PackHeader, flags), FIELD(PackHeader, output_count),
         FIELD(PackHeader, key_low), FIELD(PackHeader, key_high), FIELD(PackHeader, checksum)}}},
      {"PackEntry", {sizeof(format::PackEntry), {FIELD(PackEntry, size), FIELD(PackEntry, digest_low), FIELD(PackEntry, digest_high)}}},
      {"SnapshotFooter",
       {sizeof(format::SnapshotFooter),
        {FIELD(SnapshotFooter, record_count), FIELD(SnapshotFooter, records_offset), FIELD(SnapshotFooter, records_bytes),
         FIELD(SnapshotFooter, table_offset), FIELD(SnapshotFooter, table_slots), FIELD(SnapshotFooter, table_checksum),
         FIELD(SnapshotFooter, header_checksum), FIELD(SnapshotFooter, checksum), FIELD(SnapshotFooter, magic)}}},
  };
}

std::vector<std::string> lines_of_the_document() {
  std::istringstream document(read_file(ZCCACHE_DOCS "/format.md"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(document, line);) lines.push_back(line);
  return lines;
}

/// The cells of a row of a table, without the backticks around code.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  if (!line.starts_with("| ")) return cells;
  std::istringstream row(line.substr(1));
  for (std::string cell; std::getline(row, cell, '|');) {
    std::erase(cell, '`');
    const auto begin = cell.find_first_not_of(' ');
    cells.push_back(begin == std::string::npos ? "" : cell.substr(begin, cell.find_last_not_of(' ') - begin + 1));
  }
  return cells;
}

bool is_number(const std::string& text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos; }

/// "### `Name`: 64 bytes", then rows that begin with offset, size and field.
Layouts layouts_of_the_document() {
  Layouts layouts;
  Layout* current = nullptr;
  for (const std::string& line : lines_of_the_document()) {
    if (line.starts_with("#")) current = nullptr;
    if (line.starts_with("### `") && line.ends_with(" bytes")) {
      current = &layouts[line.substr(5, line.find('`', 5) - 5)];
      current->size = std::stoul(line.substr(line.find(": ") + 2));
    }
    const auto cells = cells_of(line);
    if (current == nullptr || cells.size() < 3 || !is_number(cells[0]) || !is_number(cells[1])) continue;
    current->fields.push_back({std::stoul(cells[0]), std::stoul(cells[1]), cells[2]});
  }
  return layouts;
}

bool is_unused(const Field& field) { return field.name == "(unused)"; }

}  // namespace

TEST_CASE("the_document_describes_exactly_the_structs_of_the_code") {
  const Layouts documented = layouts_of_the_document();
  const Layouts coded = layouts_of_the_code();
  for (const auto& [name, layout] : coded) {
    CAPTURE(name);
    REQUIRE(documented.contains(name));
    CHECK(documented.at(name).size == layout.size);
  }
  CHECK(documented.size() == coded.size());
}

TEST_CASE("every_documented_field_is_where_the_code_has_it_and_none_is_left_out") {
  Layouts documented = layouts_of_the_document();
  for (const auto& [name, layout] : layouts_of_the_code()) {
    CAPTURE(name);
    auto& rows = documented[name].fields;
    std::erase_if(rows, is_unused);
    REQUIRE(rows.size() == layout.fields.size());
    for (std::size_t i = 0; i < rows.size(); ++i) CHECK(rows[i] == layout.fields[i]);
  }
}

TEST_CASE("the_rows_of_a_struct_follow_each_other_without_a_gap") {
  for (const auto& [name, layout] : layouts_of_the_document()) {
    CAPTURE(name);
    std::size_t end = 0;
    for (const Field& row : layout.fields) {
      CAPTURE(row);
      CHECK(row.offset == end);
      end = row.offset + row.size;
    }
    CHECK(end == layout.size);
  }
}

TEST_CASE("documented_constants_have_the_values_of_the_code") {
  std::map<std::string, std::uint64_t> documented;
  for (const std::string& line : lines_of_the_document()) {
    const auto cells = cells_of(line);
    if (cells.size() >= 2 && cells[0].starts_with("k")) documented[cells[0]] = std::stoull(cells[1], nullptr, 0);
  }
  CHECK(documented == std::map<std::string, std::uint64_t>{{"kFormatVersion", format::kFormatVersion},
                                                           {"kLiveMagic", format::kLiveMagic},
                                                           {"kSnapshotMagic", format::kSnapshotMagic},
                                                           {"kSnapshotEndMagic", format::kSnapshotEndMagic},
                                                           {"kRecordMagic", format::kRecordMagic},
                                                           {"kMaxKeyBytes", format::kMaxKeyBytes},
                                                           {"kMaxRecordBytes", format::kMaxRecordBytes},
                                                           {"kRecordAlignment", format::kRecordAlignment},
                                                           {"kPageBytes", format::kPageBytes},
                                                           {"kTombstone", format::kTombstone},
                                                           {"kDrained", format::kDrained},
                                                           {"kHostCounters", format::kHostCounters},
                                                           {"kHistoryRows", format::kHistoryRows},
                                                           {"kSlotOffsetBits", format::kSlotOffsetBits},
                                                           {"kPackMagic", format::kPackMagic},
                                                           {"kPackVersion", format::kPackVersion},
                                                           {"kPackZstd", format::kPackZstd},
                                                           {"kMaxPackBytes", format::kMaxPackBytes}});
}

TEST_CASE("the_version_history_ends_with_the_version_of_the_code") {
  std::string newest;
  bool in_history = false;
  for (const std::string& line : lines_of_the_document()) {
    if (line.starts_with("#")) in_history = line == "## Versions";
    const auto cells = cells_of(line);
    if (in_history && !cells.empty() && is_number(cells[0])) newest = cells[0];
  }
  CHECK(newest == std::to_string(format::kFormatVersion));
}

TEST_CASE("the_worked_example_is_what_the_code_writes") {
  std::vector<unsigned> documented;
  bool in_example = false;
  for (const std::string& line : lines_of_the_document()) {
    if (line.starts_with("#")) in_example = line == "### Worked example";
    if (!in_example || line.size() < 4 || line.substr(2, 2) != "  ") continue;
    std::istringstream bytes(line.substr(4));
    for (std::string byte; bytes >> byte;) documented.push_back(static_cast<unsigned>(std::stoul(byte, nullptr, 16)));
  }
  Artifact artifact = Artifact::from_outputs({"hello.o"}, {1234}, "", "hi\n");
  artifact.stored_at_secs = 1700000000;
  artifact.output_modes = {0644};
  artifact.output_digests = {{0x1111'1111'1111'1111, 0x2222'2222'2222'2222}};
  Encoded record("d41d8cd98f00b204", artifact, 7);
  std::vector<unsigned> written;
  for (const std::byte byte : record.bytes()) written.push_back(std::to_integer<unsigned>(byte));
  CHECK(documented == written);
}
