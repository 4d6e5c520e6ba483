#include <zccache/inspect.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <span>
#include <string_view>
#include <utility>

#include "base/directory.hpp"
#include "base/file.hpp"
#include "base/lock_file.hpp"
#include "live/live_index.hpp"

namespace zccache {
namespace {

namespace fs = std::filesystem;

std::string hex(const BootId& id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : id) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

int number_or(std::string_view text, int otherwise) noexcept {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : otherwise;
}

/// From the lock lines of one open file: "lock:\t1: OFDLCK ADVISORY  WRITE -1 fd:00:1234 0 0". The last two are the first and last byte.
bool is_held_by_descriptor(const fs::path& fdinfo, LockByte byte) {
  const std::string number = std::to_string(static_cast<int>(byte)).insert(0, 1, ' ');
  std::ifstream lines(fdinfo);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("lock:", 0) == 0 && line.find("OFDLCK") != std::string::npos && line.ends_with(std::string(number).append(number)))
      return true;
  }
  return false;
}

const char* name_of(LockByte byte) noexcept { return byte == LockByte::writer ? "writer" : "flusher"; }

/// The kernel names no owner of such a lock, but shows it with each descriptor that carries it.
void find_holders(const fs::path& file, LockByte byte, std::vector<LockHolder>* holders) {
  std::error_code ignored;
  for_each_entry("/proc", [&](const fs::directory_entry& process) {
    const int pid = number_or(process.path().filename().string(), 0);
    if (pid == 0) return;
    for_each_entry(process.path() / "fd", [&](const fs::directory_entry& fd) {
      if (fs::read_symlink(fd.path(), ignored) != file) return;
      if (is_held_by_descriptor(process.path() / "fdinfo" / fd.path().filename(), byte)) holders->push_back({name_of(byte), pid});
    });
  });
}

void add_holders_of(const fs::path& file, LockByte byte, std::vector<LockHolder>* holders) {
  const std::size_t before = holders->size();
  std::error_code ignored;
  find_holders(fs::canonical(file, ignored), byte, holders);
  const auto locked = is_locked(file, byte);
  if (locked && *locked && holders->size() == before) holders->push_back({name_of(byte), 0});
}

void describe_header(const format::LiveHeader& header, SegmentDump* dump) {
  dump->magic = header.magic;
  dump->version = header.version;
  dump->fingerprint = header.fingerprint;
  dump->boot_id = hex(header.boot_id);
  dump->device = header.device;
  dump->inode = header.inode;
  dump->generation = header.generation;
  dump->retired = header.retired != 0;
  dump->dirty = header.dirty != 0;
  dump->last_sequence = header.counts.last_sequence;
  dump->flushed_sequence = header.flushed_sequence;
  dump->entries = header.counts.entries;
  dump->live_bytes = header.counts.live_bytes;
}

void describe_index(const LiveIndex& live, SegmentDump* dump) {
  dump->buckets = live.header().map_buckets;
  LiveIndex::Chains chains = live.chains();
  dump->chain_lengths = std::move(chains.lengths);
  dump->damaged_chains = chains.damaged;
  dump->extent_offset = live.header().extent_offset;
  dump->extent_bytes = live.segment().extent().capacity;
  dump->extent_used = live.segment().extent().used;
  dump->managed_free_bytes = live.segment().managed().get_free_memory();
}

}  // namespace

result<SegmentDump> inspect(const fs::path& dir) {
  if (auto usable = check_directory(dir); !usable) return usable.error();
  auto boot = current_boot_id();
  if (!boot) return boot.error();
  const CacheDirectory directory(dir);
  auto file = ReadOnlyMapping::map(directory.live());
  if (!file) return file.error();
  if (file->bytes().size() < sizeof(format::LiveHeader)) return Failure{Error::corrupt, directory.live().string()};
  const auto& header = *reinterpret_cast<const format::LiveHeader*>(file->bytes().data());

  SegmentDump dump;
  dump.trust = name(judge(header, file->status(), *boot));
  dump.file_bytes = file->bytes().size();
  dump.expected_fingerprint = layout_fingerprint();
  dump.current_boot_id = hex(*boot);
  dump.actual_device = file->status().st_dev;
  dump.actual_inode = file->status().st_ino;
  describe_header(header, &dump);
  Distrust distrust{};
  if (auto live = LiveIndex::attach(directory.live(), Access::read_only, *boot, &distrust)) describe_index(*live, &dump);
  add_holders_of(directory.live(), LockByte::writer, &dump.locks);
  add_holders_of(directory.lock(), LockByte::flusher, &dump.locks);
  return dump;
}

}  // namespace zccache
