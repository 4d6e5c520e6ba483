#include "support.hpp"

#include <fstream>
#include <iterator>

namespace zccache::test {

std::string key_of(std::uint64_t number) {
  std::string key;
  for (std::uint64_t x = number * 0x9E37'79B9'7F4A'7C15 + 1; key.size() < 64; x = (x ^ x >> 29) * 0xBF58'476D'1CE4'E5B9) {
    for (int nibble = 0; nibble < 16; ++nibble) key += "0123456789abcdef"[x >> 4 * nibble & 15];
  }
  return key;
}

Artifact artifact_of(std::string_view key, std::uint64_t generation) {
  const auto number = std::to_string(generation);
  Artifact artifact;
  for (std::uint64_t i = 0; i <= generation % 3; ++i) {
    artifact.output_names.push_back("out" + std::to_string(i) + "-" + number + ".o");
    artifact.output_sizes.push_back(generation * 10 + i);
    artifact.total_size += artifact.output_sizes.back();
  }
  artifact.stdout_bytes = std::string(key) + ":" + number;
  artifact.stderr_bytes = std::string(generation % 307, static_cast<char>('a' + generation % 26));
  artifact.exit_code = static_cast<std::int32_t>(generation % 128);
  artifact.stored_at_secs = generation;
  return artifact;
}

bool is_whole(std::string_view key, const Artifact& artifact) { return artifact == artifact_of(key, artifact.stored_at_secs); }

bool is_index_temporary(std::string_view name) {
  const std::string_view like = kLiveTemporary;
  return name.size() == like.size() && (name.starts_with(".index.live.") || name.starts_with(".index.snap.")) && name.ends_with(".tmp");
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace zccache::test
