// put: stores an entry, with its payload files if there are any.
#include <fmt/core.h>
#include <zccache/payload_store.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "command.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "open_index.hpp"

namespace zccache::index_tool {
namespace {

OutputFile parse_output(const std::string& argument) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string::npos) throw tools::UsageError(fmt::format("--output takes NAME=FILE, not '{}'", argument));
  return {argument.substr(0, equals), argument.substr(equals + 1)};
}

std::string content_of(const std::string& file) {
  if (file.empty()) return {};
  std::ifstream in(file, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(in), {}};
  if (!in) throw std::runtime_error(fmt::format("cannot read {}", file));
  return content;
}

}  // namespace

int put(const Context& context, const PutOptions& options) {
  std::vector<OutputFile> outputs;
  for (const std::string& argument : options.outputs) outputs.push_back(parse_output(argument));
  const std::string out = content_of(options.stdout_file);
  const std::string err = content_of(options.stderr_file);

  ArtifactStore store = open_or_create(context);
  auto stored = PayloadStore::from_environment(store).put(options.key, outputs, out, err, options.exit_code);
  if (outputs.empty() && stored.has_error() && stored.error().error == Error::invalid_key) {
    stored = store.insert(options.key, Artifact::from_outputs({}, {}, out, err, options.exit_code));  // no file is named after this key
  }
  stored.value();
  store.flush_if_due().value();
  if (context.json) {
    tools::print_json({{"key", options.key}, {"outputs", outputs.size()}});
  } else {
    fmt::print("stored {}, outputs: {}\n", options.key, outputs.size());
  }
  return tools::kGood;
}

}  // namespace zccache::index_tool
