// push: waits until what was compiled here is on the team's server. For machines that vanish when their work is done.
#include <fmt/core.h>
#include <zccache/eviction.hpp>

#include <chrono>
#include <vector>

#include "command.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "open_index.hpp"
#include "remote/client.hpp"
#include "team_settings.hpp"
#include "zccache-cc/facts/upload_mark.hpp"

namespace zccache::index_tool {
namespace {

std::vector<remote::Question> marked(const ArtifactStore& store) {
  std::vector<remote::Question> found;
  store.for_each([&](const ArtifactView& entry) {
    const auto result = cc::marked_for_upload(entry.key());
    if (result) found.push_back({.kind = remote::QuestionKind::finish_upload, .key = result->bytes});
    return true;
  });
  return found;
}

}  // namespace

int push(const Context& context, const PushOptions& options) {
  const auto longest = parse_duration(options.wait);
  if (!longest) throw tools::UsageError(fmt::format("--wait takes 30s or 5m, not '{}'", options.wait));
  const remote::RemoteSettings settings = team_settings();
  if (!settings.writes) throw tools::UsageError("ZCCACHE_REMOTE_MODE is not 'write': nothing goes to the server from here");
  const std::optional<ArtifactStore> store = open_if_there(context, Purpose::look);
  const std::vector<remote::Question> before = store ? marked(*store) : std::vector<remote::Question>();
  if (!before.empty()) (void)remote::Client(store->directory().c_str(), settings).ask_all(before, *longest);
  const std::size_t left = before.empty() ? 0 : marked(*store).size();
  const std::size_t sent = before.size() - std::min(left, before.size());
  if (context.json) {
    tools::print_json({{"sent", sent}, {"left", left}});
  } else {
    fmt::print("{} sent, {} left\n", sent, left);
    if (left != 0) fmt::print("-> zccache-index doctor asks the server; ZCCACHE_LOG says what it answered\n");
  }
  return left == 0 ? tools::kGood : tools::kNo;
}

}  // namespace zccache::index_tool
