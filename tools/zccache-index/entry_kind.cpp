#include "entry_kind.hpp"

#include <algorithm>

#include "zccache-cc/facts/knowledge.hpp"
#include "zccache-cc/facts/manifest.hpp"
#include "zccache-cc/key/first_key.hpp"

namespace zccache::index_tool {
namespace {

std::string source_of_manifest(const ArtifactView& manifest) {
  const auto parts = cc::parts_of(manifest.stderr_bytes());
  const auto source = std::ranges::find(parts, "source", &cc::KeyPart::label);
  return source == parts.end() ? "" : source->value;
}

}  // namespace

EntryKind kind_of(std::string_view key) noexcept {
  if (cc::is_manifest_key(key)) return EntryKind::manifest;
  return cc::is_knowledge_key(key) ? EntryKind::internal : EntryKind::result;
}

const char* name_of(EntryKind kind) noexcept {
  switch (kind) {
    case EntryKind::result:
      return "result";
    case EntryKind::manifest:
      return "manifest";
    case EntryKind::internal:
      break;
  }
  return "internal";
}

Origins::Origins(const ArtifactStore& store) {
  store.for_each([&](const ArtifactView& entry) {
    if (!cc::is_manifest_key(entry.key())) return true;
    const auto manifest = cc::decode_manifest(entry.stdout_bytes());
    if (!manifest) return true;
    const std::string source = source_of_manifest(entry);
    for (const cc::ManifestEntry& one : *manifest) by_result_.try_emplace(one.result.prefix(), Origin{source, one.compile_millis});
    return true;
  });
}

Origin Origins::of(const ArtifactView& entry) const {
  if (cc::is_manifest_key(entry.key())) return {.source = source_of_manifest(entry)};
  const auto result = cc::digest_of_hex(entry.key());
  const auto found = result ? by_result_.find(result->prefix()) : by_result_.end();
  return found == by_result_.end() ? Origin{} : found->second;
}

}  // namespace zccache::index_tool
