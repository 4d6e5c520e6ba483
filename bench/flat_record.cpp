#include "flat_record.hpp"

#include <cstring>
#include <stdexcept>

namespace zccache::bench {
namespace {

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) throw std::runtime_error("a flat record ends early");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

 private:
  std::string_view rest_;
};

}  // namespace

// total_size comes first, for total_size_of().
std::string flat_record(const Artifact& artifact) {
  std::string out;
  put(out, artifact.total_size);
  put(out, artifact.stored_at_secs);
  put(out, artifact.exit_code);
  put(out, static_cast<std::uint32_t>(artifact.stdout_bytes.size()));
  put(out, static_cast<std::uint32_t>(artifact.stderr_bytes.size()));
  put(out, static_cast<std::uint16_t>(artifact.output_names.size()));
  for (std::size_t i = 0; i < artifact.output_names.size(); ++i) {
    put(out, artifact.output_sizes[i]);
    put(out, static_cast<std::uint16_t>(artifact.output_names[i].size()));
    out += artifact.output_names[i];
  }
  return out += artifact.stdout_bytes + artifact.stderr_bytes;
}

Artifact artifact_of(std::string_view flat) {
  Cursor cursor(flat);
  Artifact artifact;
  artifact.total_size = cursor.number<std::uint64_t>();
  artifact.stored_at_secs = cursor.number<std::uint64_t>();
  artifact.exit_code = cursor.number<std::int32_t>();
  const auto stdout_size = cursor.number<std::uint32_t>();
  const auto stderr_size = cursor.number<std::uint32_t>();
  for (auto outputs = cursor.number<std::uint16_t>(); outputs > 0; --outputs) {
    artifact.output_sizes.push_back(cursor.number<std::uint64_t>());
    artifact.output_names.emplace_back(cursor.take(cursor.number<std::uint16_t>()));
  }
  artifact.stdout_bytes = cursor.take(stdout_size);
  artifact.stderr_bytes = cursor.take(stderr_size);
  return artifact;
}

}  // namespace zccache::bench
