#include "zccache-cc/launch/team.hpp"

#include "zccache-cc/platform/counters.hpp"

namespace zccache::cc {

using remote::QuestionKind;

Team::~Team() {
  const auto waited = client_.waited().count();
  if (waited != 0) store_.count(static_cast<std::size_t>(Counter::remote_wait_millis), static_cast<std::uint64_t>(waited));
}

bool Team::bring_manifest(const ContentDigest& first_key) { return client_.ask({.kind = QuestionKind::manifest, .key = first_key.bytes}); }

bool Team::bring_result(const ContentDigest& key) { return client_.ask({.kind = QuestionKind::result, .key = key.bytes}); }

void Team::announce(std::string_view key) {
  if (const auto digest = digest_of_hex(key)) client_.nudge({.kind = QuestionKind::upload, .key = digest->bytes});
}

}  // namespace zccache::cc
