// The index of the original, version 1.7.2: one blob, made by bincode 1.3 with its default options.
#pragma once

#include <zccache/artifact.hpp>

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <utility>

namespace zccache::index_tool {

/// Reads entry after entry. Holds one of them in memory, and never more of it than an entry may have, whatever the blob says of its lengths.
///
/// Integers are little-endian and of fixed width, lengths are u64. The blob is a length and so many entries:
///   key: string; output_names: [string]; output_sizes: [u64]; stdout, stderr: bytes; exit_code: i32; total_size, stored_at_secs: u64
class BincodeReader {
 public:
  /// `size` is how many bytes `in` has. Throws std::runtime_error where these cannot be the entries that the blob says it has.
  BincodeReader(std::istream& in, std::uint64_t size);

  /// Nothing at the end. Throws std::runtime_error, with the offset, for bytes that are no blob.
  [[nodiscard]] std::optional<std::pair<std::string, Artifact>> next();

 private:
  template <class Number>
  [[nodiscard]] Number number(const char* what);
  /// A length of elements that take at least so many bytes each, in the blob and in memory.
  [[nodiscard]] std::uint64_t length(const char* what, std::uint64_t bytes_in_blob, std::uint64_t bytes_in_memory);
  [[nodiscard]] std::string bytes(const char* what);
  [[nodiscard]] std::string name();
  void read(char* to, std::uint64_t size, const char* what);
  [[noreturn]] void refuse(const std::string& why) const;

  std::istream& in_;
  std::uint64_t size_;
  std::uint64_t offset_ = 0;
  std::uint64_t entries_left_ = 0;
  std::uint64_t budget_ = 0;  ///< bytes that the current entry may still take
};

}  // namespace zccache::index_tool
