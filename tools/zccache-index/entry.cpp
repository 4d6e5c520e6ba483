#include "entry.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "common/human.hpp"

namespace zccache::index_tool {

tools::Json entry_json(const ArtifactView& entry, const Origin& origin) {
  const std::uint64_t now = tools::now_secs();
  const std::uint64_t stored = entry.stored_at_secs();
  tools::Json outputs = tools::Json::array();
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    outputs.push_back({{"name", entry.output_name(i)}, {"size", entry.output_size(i)}});
  }
  return {{"key", entry.key()},
          {"kind", name_of(kind_of(entry.key()))},
          {"source", origin.source},
          {"compile_millis", origin.compile_millis},
          {"total_size", entry.total_size()},
          {"stored_at_secs", stored},
          {"age_secs", now > stored ? now - stored : 0},
          {"used_at_secs", last_use_of(entry)},
          {"exit_code", entry.exit_code()},
          {"outputs", std::move(outputs)}};
}

std::uint64_t last_use_of(const ArtifactView& entry) noexcept { return std::max(entry.stored_at_secs(), entry.used_at_secs()); }

std::string outputs_text(const ArtifactView& entry) {
  std::string text;
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", tools::printable(entry.output_name(i)), tools::human_bytes(entry.output_size(i)));
  }
  return text;
}

}  // namespace zccache::index_tool
