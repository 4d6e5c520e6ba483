#include "open_index.hpp"

#include <fmt/core.h>
#include <zccache/recovery.hpp>

#include <utility>

#include "common/directory.hpp"
#include "common/outcome.hpp"

namespace zccache::index_tool {
namespace {

OpenOptions options_of_a_short_life() {
  OpenOptions options = OpenOptions::from_environment();
  options.flusher = Flusher::caller;
  return options;
}

result<ArtifactStore> open_read_only(const std::filesystem::path& directory) {
  OpenOptions options = options_of_a_short_life();
  options.read_only = true;
  return ArtifactStore::open(directory, options);
}

bool is_missing(const result<ArtifactStore>& store) { return store.has_error() && store.error().error == Error::not_found; }

/// Where there is nothing that can be read: whether there is something that a writer can save.
bool can_be_rebuilt(const std::filesystem::path& directory) {
  const auto report = check(directory);
  return report.has_value() && report->rebuild_needed;
}

[[noreturn]] void end_without_index(const Context& context) {
  throw tools::No(fmt::format("no index at {}", tools::chosen_directory(context.directory).string()));
}

}  // namespace

std::optional<ArtifactStore> open_if_there(const Context& context, Purpose purpose) {
  const std::filesystem::path directory = tools::chosen_directory(context.directory);
  auto store = open_read_only(directory);
  if (is_missing(store)) {
    if (!can_be_rebuilt(directory)) return std::nullopt;
    if (purpose == Purpose::look) {
      throw tools::No(fmt::format("the index at {} has to be rebuilt before it can be read; run zccache-recover --repair", directory.string()));
    }
  }
  return purpose == Purpose::look ? std::move(store).value() : open_or_create(context);
}

ArtifactStore open_to_look(const Context& context) {
  auto store = open_if_there(context, Purpose::look);
  if (!store) end_without_index(context);
  return std::move(*store);
}

ArtifactStore open_to_change(const Context& context) {
  auto store = open_if_there(context, Purpose::change);
  if (!store) end_without_index(context);
  return std::move(*store);
}

ArtifactStore open_or_create(const Context& context) {
  return ArtifactStore::open(tools::chosen_directory(context.directory), options_of_a_short_life()).value();
}

}  // namespace zccache::index_tool
