#include "team_look.hpp"

#include "remote/breaker.hpp"
#include "remote/meeting_place.hpp"

namespace zccache::index_tool {

bool TeamLook::ask(remote::QuestionKind kind, const cc::ContentDigest& key) {
  if (!directory_) {
    directory_.emplace(explain_place());
    std::filesystem::create_directory(cache(), directory_->path());  // with its mode
  }
  if (!remote::Client(cache().c_str(), settings_).ask({.kind = kind, .key = key.bytes})) return false;
  if (store_) return true;
  OpenOptions options;
  options.read_only = true;
  if (auto opened = ArtifactStore::open(cache(), options)) store_ = *std::move(opened);
  return store_.has_value();
}

// Twice: that it lacks something is remembered and costs nothing, and the second failure opens the breaker.
bool TeamLook::has_manifest(const cc::ContentDigest& first_key) {
  return ask(remote::QuestionKind::manifest, first_key) || ask(remote::QuestionKind::manifest, first_key);
}

bool TeamLook::has_result(const cc::ContentDigest& key) { return ask(remote::QuestionKind::result, key); }

bool TeamLook::is_silent() const {
  return directory_ && remote::Breaker(remote::MeetingPlace(cache().c_str(), settings_).breaker_file()).is_open();
}

}  // namespace zccache::index_tool
