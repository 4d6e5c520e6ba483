// What the fuzz targets share: aligned input, a directory of their own, and checksums made right, as somebody would who can compute them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "format/hash.hpp"
#include "format/record.hpp"
#include "support.hpp"

namespace zccache::fuzz {

/// A fact that no input may break.
#define EXPECT(...) ((__VA_ARGS__) ? void() : (std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #__VA_ARGS__), std::abort()))

/// Input taken from the front.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) noexcept : rest_(reinterpret_cast<const std::byte*>(data), size) {}

  /// Zeros where the input has ended.
  template <class T>
  [[nodiscard]] T take() noexcept {
    T value{};
    const auto bytes = take_bytes(sizeof value);
    std::ranges::copy(bytes, reinterpret_cast<std::byte*>(&value));
    return value;
  }
  [[nodiscard]] std::span<const std::byte> take_bytes(std::size_t size) noexcept {
    const auto bytes = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(bytes.size());
    return bytes;
  }
  [[nodiscard]] std::span<const std::byte> rest() const noexcept { return rest_; }
  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
};

/// A copy that is aligned as a mapping is, and ends where the input does.
class Aligned {
 public:
  explicit Aligned(std::span<const std::byte> from)
      : words_((from.size() + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t)), size_(from.size()) {
    std::ranges::copy(from, bytes().begin());
  }
  [[nodiscard]] std::span<std::byte> bytes() noexcept { return std::as_writable_bytes(std::span(words_)).first(size_); }
  [[nodiscard]] std::string_view text() noexcept { return {reinterpret_cast<const char*>(words_.data()), size_}; }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t size_;
};

/// Gives what stands at `offset` the magic and the checksum of a record, where its length lies within the bytes. Returns where it ends.
inline std::size_t seal_record(std::span<std::byte> bytes, std::size_t offset) noexcept {
  if (bytes.size() - offset < sizeof(format::RecordHeader)) return bytes.size();
  auto& record = *reinterpret_cast<format::RecordHeader*>(bytes.data() + offset);
  record.magic = format::kRecordMagic;
  if (record.length < sizeof record || record.length > bytes.size() - offset) return bytes.size();
  record.checksum = format::checksum64(bytes.data() + offset + format::kRecordChecksumFrom, record.length - format::kRecordChecksumFrom);
  return offset + record.length;
}

/// Looks at every part of a whole record; each lies within it.
inline void read_parts(const format::RecordHeader& record) {
  const auto* begin = reinterpret_cast<const char*>(&record);
  const auto within = [&](std::string_view part) { return part.data() >= begin && part.data() + part.size() <= begin + record.length; };
  EXPECT(within(format::key_of(record)) && within(format::names_of(record)));
  EXPECT(within(format::stdout_of(record)) && within(format::stderr_of(record)));
  std::uint64_t sum = format::checksum64(format::stderr_of(record).data(), format::stderr_of(record).size());
  std::uint32_t name = 0;
  for (const format::OutputEntry& output : std::span(format::outputs_of(record), record.output_count)) {
    EXPECT(name <= output.name_end && output.name_end <= format::names_of(record).size());
    name = output.name_end;
    sum += output.size;
  }
  EXPECT(sum != 0 || sum == 0);  // the bytes were read
}

}  // namespace zccache::fuzz
