#include "zccache-cc/launch/team.hpp"

namespace zccache::cc {

using remote::QuestionKind;

bool Team::bring_manifest(const ContentDigest& first_key) { return client_.ask({.kind = QuestionKind::manifest, .key = first_key.bytes}); }

bool Team::bring_result(const ContentDigest& key) { return client_.ask({.kind = QuestionKind::result, .key = key.bytes}); }

void Team::announce(std::string_view key) {
  if (const auto digest = digest_of_hex(key)) client_.nudge({.kind = QuestionKind::upload, .key = digest->bytes});
}

}  // namespace zccache::cc
