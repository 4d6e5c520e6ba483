// get: an entry, or one of its parts.
#include <fmt/core.h>
#include <zccache/payload_store.hpp>

#include <array>
#include <cstdio>
#include <string_view>

#include "command.hpp"
#include "common/human.hpp"
#include "common/outcome.hpp"
#include "common/target_file.hpp"
#include "entry.hpp"
#include "open_index.hpp"

namespace zccache::index_tool {
namespace {

void write_raw(std::string_view bytes) { std::fwrite(bytes.data(), 1, bytes.size(), stdout); }

void show_json(const ArtifactView& entry) {
  tools::Json document = entry_json(entry);
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

void show_text(const ArtifactView& entry) {
  fmt::print("key        {}\n", entry.key());
  fmt::print("size       {}\n", tools::human_bytes(entry.total_size()));
  fmt::print("stored     {} ago\n", tools::human_age(entry.stored_at_secs(), tools::now_secs()));
  fmt::print("exit code  {}\n", entry.exit_code());
  fmt::print("stdout     {}\n", tools::human_bytes(entry.stdout_bytes().size()));
  fmt::print("stderr     {}\n", tools::human_bytes(entry.stderr_bytes().size()));
  fmt::print("outputs    {}\n", entry.output_count() == 0 ? "none" : outputs_text(entry));
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
  const ArtifactView entry = store.find(options.key);
  if (!entry) throw tools::No(fmt::format("no entry '{}'", options.key));
  if (options.want_stdout) {
    write_raw(entry.stdout_bytes());
  } else if (options.want_stderr) {
    write_raw(entry.stderr_bytes());
  } else if (!options.output.empty()) {
    restore(store, entry, options);
  } else {
    (context.json ? show_json : show_text)(entry);
  }
  return tools::kGood;
}

}  // namespace zccache::index_tool
