#include "bincode.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace zccache::index_tool {
namespace {

constexpr std::uint64_t kLargestEntry = std::uint64_t{64} << 20;  // as large as a record may be
constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kOutputBytes = 32;  // what an output takes in a record, without its name
constexpr std::uint64_t kSmallestEntry = 5 * kLengthBytes + 4 + 2 * std::uint64_t{8};
constexpr std::size_t kLongestKey = 4096;

bool is_usable_key(std::string_view key) {
  return !key.empty() && key.size() <= kLongestKey &&
         std::ranges::none_of(key, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/'; });
}

/// Whether it stays inside whatever folder it is restored to.
bool is_usable_name(std::string_view name) {
  const std::filesystem::path path(name);
  return !name.empty() && name.find('\0') == std::string_view::npos && path.is_relative() &&
         std::ranges::find(path, std::filesystem::path("..")) == path.end();
}

}  // namespace

BincodeReader::BincodeReader(std::istream& in, std::uint64_t size) : in_(in), size_(size) {
  budget_ = kLengthBytes;
  entries_left_ = length("number of entries", kSmallestEntry, 0);
}

std::optional<std::pair<std::string, Artifact>> BincodeReader::next() {
  if (entries_left_ == 0) {
    if (offset_ != size_) refuse(fmt::format("{} bytes follow the last entry", size_ - offset_));
    return std::nullopt;
  }
  --entries_left_;
  budget_ = kLargestEntry;
  std::string key = bytes("key");
  if (!is_usable_key(key)) refuse("the key is empty, too long, or has a control byte or '/'");
  Artifact artifact;
  const std::uint64_t names = length("number of output names", kLengthBytes, kOutputBytes);
  for (std::uint64_t i = 0; i < names; ++i) artifact.output_names.push_back(name());
  const std::uint64_t sizes = length("number of output sizes", sizeof(std::uint64_t), 0);
  if (sizes != names) refuse(fmt::format("{} output names, but {} sizes", names, sizes));
  for (std::uint64_t i = 0; i < sizes; ++i) artifact.output_sizes.push_back(number<std::uint64_t>("output size"));
  artifact.stdout_bytes = bytes("stdout");
  artifact.stderr_bytes = bytes("stderr");
  artifact.exit_code = number<std::int32_t>("exit code");
  artifact.total_size = number<std::uint64_t>("total size");
  artifact.stored_at_secs = number<std::uint64_t>("time stored");
  return std::pair(std::move(key), std::move(artifact));
}

template <class Number>
Number BincodeReader::number(const char* what) {
  Number value{};  // little-endian, as this machine is
  read(reinterpret_cast<char*>(&value), sizeof value, what);
  return value;
}

std::uint64_t BincodeReader::length(const char* what, std::uint64_t bytes_in_blob, std::uint64_t bytes_in_memory) {
  const auto count = number<std::uint64_t>(what);
  if (count > (size_ - offset_) / bytes_in_blob) refuse(fmt::format("{} {} is more than the rest of the file has room for", what, count));
  if (bytes_in_memory != 0 && count > budget_ / bytes_in_memory) refuse(fmt::format("{} {} makes an entry over 64 MiB", what, count));
  budget_ -= count * bytes_in_memory;
  return count;
}

std::string BincodeReader::bytes(const char* what) {
  std::string text(length(what, 1, 1), '\0');
  read(text.data(), text.size(), what);
  return text;
}

std::string BincodeReader::name() {
  std::string text = bytes("output name");
  if (!is_usable_name(text)) refuse("an output name is empty, absolute, or leaves its folder");
  return text;
}

void BincodeReader::read(char* to, std::uint64_t size, const char* what) {
  if (size > size_ - offset_) refuse(fmt::format("the file ends in the middle of a {}", what));
  if (!in_.read(to, static_cast<std::streamsize>(size))) refuse(fmt::format("the {} cannot be read", what));
  offset_ += size;
}

void BincodeReader::refuse(const std::string& why) const {
  throw std::runtime_error(fmt::format("not an index of the original: at byte {}: {}", offset_, why));
}

}  // namespace zccache::index_tool
