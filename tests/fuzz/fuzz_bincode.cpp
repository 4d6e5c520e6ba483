// The index of the original, which may be anything: it is refused, or what comes out is all that went in.
#include <zccache-index/bincode.hpp>

#include <sstream>
#include <stdexcept>
#include <string>

#include "fuzz.hpp"

using namespace zccache;

namespace {

/// What the original would write for an entry.
class Encoder {
 public:
  template <class Number>
  void number(Number value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void bytes(std::string_view part) {
    number<std::uint64_t>(part.size());
    text_ += part;
  }
  void entry(std::string_view key, const Artifact& artifact) {
    bytes(key);
    number<std::uint64_t>(artifact.output_names.size());
    for (const std::string& name : artifact.output_names) bytes(name);
    number<std::uint64_t>(artifact.output_sizes.size());
    for (const std::uint64_t size : artifact.output_sizes) number(size);
    bytes(artifact.stdout_bytes);
    bytes(artifact.stderr_bytes);
    number(artifact.exit_code);
    number(artifact.total_size);
    number(artifact.stored_at_secs);
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  std::istringstream in(input);
  Encoder entries;
  std::uint64_t count = 0;
  try {
    index_tool::BincodeReader reader(in, size);
    while (const auto entry = reader.next()) {
      EXPECT(entry->second.output_names.size() == entry->second.output_sizes.size());
      entries.entry(entry->first, entry->second);
      ++count;
    }
  } catch (const std::runtime_error& refused) {
    EXPECT(std::string_view(refused.what()).starts_with("not an index of the original: at byte "));
    return 0;
  }
  Encoder whole;
  whole.number(count);
  EXPECT(whole.text() + entries.text() == input);
  return 0;
}
