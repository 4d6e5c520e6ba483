// get: an entry, or one of its parts.
#include <fmt/format.h>
#include <zccache/payload_store.hpp>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "common/human.hpp"
#include "common/outcome.hpp"
#include "common/target_file.hpp"
#include "entry.hpp"
#include "entry_kind.hpp"
#include "open_index.hpp"

namespace zccache::index_tool {
namespace {

void write_raw(std::string_view bytes) { std::fwrite(bytes.data(), 1, bytes.size(), stdout); }

void show_json(const ArtifactView& entry, const Origin& origin) {
  tools::Json document = entry_json(entry, origin);
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    const Digest digest = entry.output_digest(i);
    document["outputs"][i]["mode"] = fmt::format("{:04o}", entry.output_mode(i));
    document["outputs"][i]["digest"] = fmt::format("{:016x}{:016x}", digest.high, digest.low);
  }
  document["stdout_size"] = entry.stdout_bytes().size();
  document["stderr_size"] = entry.stderr_bytes().size();
  document["stdout"] = entry.stdout_bytes();
  document["stderr"] = entry.stderr_bytes();
  tools::print_json(document);
}

void show_text(const ArtifactView& entry, const Origin& origin) {
  const std::uint64_t now = tools::now_secs();
  fmt::print("key        {}\n", entry.key());
  fmt::print("kind       {}\n", name_of(kind_of(entry.key())));
  if (!origin.source.empty()) fmt::print("source     {}\n", tools::printable(origin.source));
  if (origin.compile_millis != 0) fmt::print("took       {}\n", tools::human_duration(origin.compile_millis));
  fmt::print("size       {}\n", tools::human_bytes(entry.total_size()));
  fmt::print("stored     {} ago\n", tools::human_age(entry.stored_at_secs(), now));
  fmt::print("last used  {} ago\n", tools::human_age(last_use_of(entry), now));
  fmt::print("exit code  {}\n", entry.exit_code());
  fmt::print("stdout     {}\n", tools::human_bytes(entry.stdout_bytes().size()));
  fmt::print("stderr     {}\n", tools::human_bytes(entry.stderr_bytes().size()));
  fmt::print("outputs    {}\n", entry.output_count() == 0 ? "none" : outputs_text(entry));
}

/// The entry of this key; else the only one whose key begins so.
ArtifactView find_by_prefix(const ArtifactStore& store, const std::string& key) {
  if (ArtifactView exact = store.find(key)) return exact;
  constexpr std::size_t kNamed = 3;
  std::vector<std::string> found;
  std::size_t count = 0;
  store.for_each([&](const ArtifactView& entry) {
    if (key.empty() || !entry.key().starts_with(key)) return true;
    if (found.size() < kNamed) found.emplace_back(entry.key());
    ++count;
    return true;
  });
  if (count > 1) throw tools::No(fmt::format("'{}' is how {} keys begin, {} among them; give more of it", key, count, fmt::join(found, ", ")));
  ArtifactView only = found.empty() ? ArtifactView() : store.find(found.front());
  if (!only) throw tools::No(fmt::format("no entry '{}'", key));
  return only;
}

void restore(ArtifactStore& store, const ArtifactView& entry, const GetOptions& options) {
  const std::array wanted = {OutputFile{options.output, tools::target_file(options.destination), true}};
  switch (PayloadStore(store).restore(entry, wanted).value()) {
    case Restored::hit:
      return;
    case Restored::miss:
      throw tools::No(fmt::format("the entry has no output '{}'; its outputs: {}", options.output, outputs_text(entry)));
    case Restored::damaged:
      throw tools::No(fmt::format("the payload of output '{}' is missing or damaged; `zccache-index verify` tells more", options.output));
  }
}

}  // namespace

int get(const Context& context, const GetOptions& options) {
  ArtifactStore store = open_to_look(context);
  const ArtifactView entry = find_by_prefix(store, options.key);
  if (options.want_stdout) {
    write_raw(entry.stdout_bytes());
  } else if (options.want_stderr) {
    write_raw(entry.stderr_bytes());
  } else if (!options.output.empty()) {
    restore(store, entry, options);
  } else {
    (context.json ? show_json : show_text)(entry, Origins(store).of(entry));
  }
  return tools::kGood;
}

}  // namespace zccache::index_tool
