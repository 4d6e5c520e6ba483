#include "zccache-cc/facts/fact_check.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "zccache-cc/facts/comments.hpp"
#include "zccache-cc/facts/loader_cache.hpp"
#include "zccache-cc/facts/named_values.hpp"
#include "zccache-cc/facts/read_content.hpp"
#include "zccache-cc/facts/variables.hpp"
#include "zccache-cc/platform/paths.hpp"

namespace zccache::cc {
namespace {

const char* described(FactKind kind) {
  switch (kind) {
    case FactKind::absent:
      return " is there now";
    case FactKind::directory:
      return " is no directory any more";
    case FactKind::link:
      return " leads elsewhere now, or is no symlink any more";
    case FactKind::no_link:
      return " is a symlink now";
    case FactKind::listing:
      return " has other files in it now";
    case FactKind::permission:
    case FactKind::failure:
      return " has other permissions now";
    case FactKind::loader_cache:
      return " names other libraries now";
    case FactKind::status:
    case FactKind::content:
    case FactKind::plain_content:
      break;
  }
  return " has changed";
}

constexpr const char* kForgotten = "something that it depended on is not known any more";

}  // namespace

bool FactCheck::holds(ManifestEntry& entry) {
  return check(entry, [](const std::string&) { return false; });
}

std::vector<std::string> FactCheck::changes(ManifestEntry entry) {
  std::vector<std::string> all;
  const Report keep = [&](std::string change) {
    all.push_back(std::move(change));
    return true;
  };
  (void)check(entry, keep);
  return all;
}

// Each check returns whether to go on: with nothing found, or with more wanted.
bool FactCheck::check(ManifestEntry& entry, const Report& changed) {
  if (entry.place != place_(entry) && !changed(std::string(kOtherPlace))) return false;
  // What is cheap and often another for two entries comes first.
  return check_environment(entry, changed) && check_files(entry, changed) && check_facts(entry, changed) && check_absent(entry, changed);
}

bool FactCheck::check_files(ManifestEntry& entry, const Report& changed) {
  // Asked first, as the answer for what is no symlink answers for its target as well.
  for (const ManifestEntry::StoredFact& fact : entry.facts) {
    const char* path = fact.kind == FactKind::no_link ? knowledge_.path(fact.path) : nullptr;
    if (path != nullptr) itself(fact.path, path);
  }
  ContentsHasher contents;
  Identities identities;
  bool all_hold = true;
  const auto check_list = [&](const std::vector<ManifestEntry::StoredFile>& list, bool plain) {
    return std::ranges::all_of(list, [&](const ManifestEntry::StoredFile& stored) {
      const char* path = knowledge_.path(stored.path);
      if (path == nullptr) {
        all_hold = false;
        return changed(kForgotten);
      }
      const File& file = look_at(stored.path, path, plain);
      const ContentDigest content = counted(entry, stored.path, path, file);
      contents.add(path, content);
      identities.add(file.stamp, file.content);
      if (file.is_there && content_hint(content) == stored.hint) return true;
      all_hold = false;
      return changed(std::string(path) + (file.is_there ? " has changed" : " is gone"));
    });
  };
  if (!check_list(entry.plain_files, true) || !check_list(entry.files, false)) return false;
  if (!all_hold) return true;
  if (contents.digest() != entry.contents) return changed("a file has changed");
  for (const ManifestEntry::StoredFact& fact : entry.facts) {
    if (fact.kind != FactKind::directory) continue;
    const char* path = knowledge_.path(fact.path);
    if (path == nullptr) return changed(kForgotten);
    const Status& directory = target(fact.path, path);
    if (directory.is(S_IFDIR)) identities.add(directory.stamp, {});
  }
  if (identities.hash() != entry.identities) return changed("files that were one are two now, or the other way round, or of another time");
  return true;
}

bool FactCheck::check_facts(const ManifestEntry& entry, const Report& changed) {
  return std::ranges::all_of(entry.facts, [&](const ManifestEntry::StoredFact& fact) {
    const char* path = knowledge_.path(fact.path);
    if (path == nullptr) return changed(kForgotten);
    const bool holds = fact.kind == FactKind::loader_cache ? loader_cache_says(entry, fact.value) : holds_now(fact, path);
    return holds || changed(std::string(path) + described(fact.kind));
  });
}

bool FactCheck::holds_now(const ManifestEntry::StoredFact& fact, const char* path) {
  switch (fact.kind) {
    case FactKind::directory:
      return target(fact.path, path).is(S_IFDIR);
    case FactKind::absent:
      return is_absence(target(fact.path, path).error);
    case FactKind::no_link: {
      const Status& status = itself(fact.path, path);
      return status.error == 0 && !S_ISLNK(status.mode);
    }
    default:
      return cc::holds_now(fact.kind, fact.argument, fact.value, path);
  }
}

bool FactCheck::loader_cache_says(const ManifestEntry& entry, std::uint64_t value) {
  std::vector<std::string> libraries = libraries_of(entry);
  struct stat status {};
  if (!stat_.get(kLoaderCache.data(), status)) return value == 0;
  // As other contents, it is read once for each stamp; of its own, since it says something else for other libraries.
  FileStamp stamp = stamp_of(status);
  for (const std::string& library : libraries) stamp.size = stamp.size * 31 + short_hash(library);
  ContentDigest said;
  if (const auto known = knowledge_.content(stamp)) return known->digest.prefix() == value;
  const std::uint64_t hash = hash_of_loader_cache(std::move(libraries));
  std::memcpy(said.bytes.data(), &hash, sizeof hash);
  if (is_settled(stamp_of(status), now_)) knowledge_.note_content(stamp, {.digest = said, .code = said});
  return hash == value;
}

std::vector<std::string> FactCheck::libraries_of(const ManifestEntry& entry) {
  std::vector<std::string> libraries;
  for (const auto* files : {&entry.plain_files, &entry.files}) {
    for (const ManifestEntry::StoredFile& file : *files) {
      const char* path = knowledge_.path(file.path);
      if (path != nullptr && is_shared_library(path)) libraries.emplace_back(file_name(path));
    }
  }
  return libraries;
}

bool FactCheck::check_absent(ManifestEntry& entry, const Report& changed) {
  return std::ranges::all_of(entry.absent, [&](ManifestEntry::StoredAbsentNames& absent) {
    const char* directory = knowledge_.path(absent.directory);
    if (directory == nullptr) return changed(kForgotten);
    const Status& status = target(absent.directory, directory);
    if (status.error == 0 && hash_of_directory_stamp(status.stamp) == absent.stamp) return true;
    const auto names = names_in(directory);
    if (!names) return changed(std::string(directory) + " is gone, or may not be read");
    for (const std::string& name : *names) {
      if (std::ranges::binary_search(absent.names, short_name(name)) &&
          !changed(std::string(directory) + "/" + name + " is new, and the compiler would look there first"))
        return false;
    }
    // A stamp of this very moment may also become that of the next change.
    if (is_settled(status.stamp, now_)) {
      absent.stamp = hash_of_directory_stamp(status.stamp);
      fresh_stamps_ = true;
    }
    return true;
  });
}

bool FactCheck::check_environment(const ManifestEntry& entry, const Report& changed) {
  const auto variables = digest_of_variables(knowledge_, entry.images);
  return (variables && *variables == entry.variables) || changed("an environment variable that the compiler may read has another value");
}

ContentDigest FactCheck::counted(ManifestEntry& entry, std::uint64_t name, const char* path, const File& file) {
  if (entry.comments_count) return file.content;
  const auto definitions = std::ranges::find(entry.definitions, name, &ManifestEntry::StoredDefinitions::path);
  if (definitions == entry.definitions.end()) return file.code;
  if (definitions->seen == file.code) return definitions->counted;
  const ContentDigest content = counted_content(path, file.code, definitions->named);
  if (content == definitions->counted) {
    definitions->seen = file.code;
    fresh_stamps_ = true;
  }
  return content;
}

const FactCheck::File& FactCheck::look_at(std::uint64_t name, const char* path, bool plain) {
  const auto [place, is_new] = files_.try_emplace(name);
  File& file = place->second;
  if (!is_new) return file;
  struct stat status {};
  file.is_there = stat_.get(path, status, plain ? AT_SYMLINK_NOFOLLOW : 0) && S_ISREG(status.st_mode);
  file.stamp = stamp_of(status);
  const auto content = file.is_there ? read_content(knowledge_, path, status, now_) : std::nullopt;
  if (!content) return file;
  file.content = content->digest;
  file.code = is_named_like_text(path) ? content->code : content->digest;
  return file;
}

const FactCheck::Status& FactCheck::itself(std::uint64_t name, const char* path) {
  std::optional<Status>& known = asked_[name].itself;
  if (!known) known = ask(path, AT_SYMLINK_NOFOLLOW);
  return *known;
}

const FactCheck::Status& FactCheck::target(std::uint64_t name, const char* path) {
  Asked& asked = asked_[name];
  if (asked.itself && !asked.itself->is(S_IFLNK)) return *asked.itself;
  if (!asked.target) asked.target = ask(path, 0);
  return *asked.target;
}

FactCheck::Status FactCheck::ask(const char* path, int flags) {
  struct stat status {};
  if (!stat_.get(path, status, flags)) return {.error = errno, .mode = 0, .stamp = {}};
  return {.error = 0, .mode = status.st_mode, .stamp = stamp_of(status)};
}

}  // namespace zccache::cc
