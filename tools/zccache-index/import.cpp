// import: takes what export wrote, or the index of the original. All of it goes in, or none.
#include <fmt/core.h>
#include <zccache/payload_store.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "archive.hpp"
#include "archive_members.hpp"
#include "bincode.hpp"
#include "command.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "common/progress.hpp"
#include "open_index.hpp"
#include "staging.hpp"

namespace zccache::index_tool {
namespace {

namespace fs = std::filesystem;

struct Imported {
  Merged merged;
  std::uint64_t left_out = 0;
};

// --- The index of the original ------------------------------------------------------------------------------------------------------------

/// Fills a staged store with the entries of a blob, and with their payloads where there is a folder of them.
class BincodeImport {
 public:
  BincodeImport(ArtifactStore& staged, const ImportOptions& options) : staged_(staged), payloads_(staged), options_(options) {}

  /// Returns how many entries were left out.
  std::uint64_t run() {
    const std::uint64_t size = fs::file_size(options_.bincode);
    std::ifstream in(options_.bincode, std::ios::binary);
    if (!in) throw std::runtime_error("cannot be read");
    BincodeReader reader(in, size);
    tools::Progress progress;
    for (std::uint64_t done = 0; auto entry = reader.next(); ++done) {
      progress.show("importing", done);
      add(entry->first, entry->second);
    }
    insert_batch();
    return left_out_;
  }

 private:
  static constexpr std::size_t kBatch = 256;
  static constexpr std::size_t kBatchBytes = std::size_t{1} << 20;

  void add(std::string& key, Artifact& artifact) {
    if (options_.objects.empty() || artifact.output_names.empty()) {
      batch_bytes_ += artifact.stdout_bytes.size() + artifact.stderr_bytes.size();
      batch_.emplace_back(std::move(key), std::move(artifact));
      if (batch_.size() >= kBatch || batch_bytes_ >= kBatchBytes) insert_batch();
    } else if (has_payloads(key, artifact)) {
      add_with_payloads(key, artifact);
    } else {
      ++left_out_;
    }
  }

  [[nodiscard]] fs::path payload_of(const std::string& key, std::size_t i) const {
    return fs::path(options_.objects) / fmt::format("{}_{}", key, i);
  }

  /// Whether all are there, of the size that the blob says. Throws where they are not and incomplete entries are not to be left out.
  [[nodiscard]] bool has_payloads(const std::string& key, const Artifact& artifact) const {
    for (std::size_t i = 0; i < artifact.output_sizes.size(); ++i) {
      const fs::path payload = payload_of(key, i);
      std::error_code missing;
      const bool is_whole = fs::is_regular_file(payload, missing) && fs::file_size(payload, missing) == artifact.output_sizes[i];
      if (is_whole) continue;
      if (options_.skip_incomplete) return false;
      throw std::runtime_error(fmt::format("the payload {} is missing or not {} bytes long; --skip-incomplete leaves such entries out",
                                           payload.string(), artifact.output_sizes[i]));
    }
    return true;
  }

  void add_with_payloads(const std::string& key, const Artifact& artifact) {
    std::vector<OutputFile> outputs;
    for (std::size_t i = 0; i < artifact.output_names.size(); ++i) outputs.push_back({artifact.output_names[i], payload_of(key, i)});
    payloads_.put(key, outputs, artifact.stdout_bytes, artifact.stderr_bytes, artifact.exit_code).value();
    // What put() found out stays; what the original knew goes in again.
    Artifact stored = staged_.get(key).value();
    stored.total_size = artifact.total_size;
    stored.stored_at_secs = artifact.stored_at_secs;
    staged_.insert(key, stored).value();
  }

  void insert_batch() {
    staged_.insert_many(batch_).value();
    batch_.clear();
    batch_bytes_ = 0;
  }

  ArtifactStore& staged_;
  PayloadStore payloads_;
  const ImportOptions& options_;
  std::vector<std::pair<std::string, Artifact>> batch_;
  std::size_t batch_bytes_ = 0;
  std::uint64_t left_out_ = 0;
};

Imported import_bincode(ArtifactStore& store, const ImportOptions& options) {
  const Staging staging(store.directory());
  ArtifactStore staged = staging.open();
  const std::uint64_t left_out = BincodeImport(staged, options).run();
  return {PayloadStore(store).move_in(staged).value(), left_out};
}

// --- An archive ------------------------------------------------------------------------------------------------------------------------------

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What was unpacked is a cache directory at rest: nothing of it may be damaged or missing.
void check_unpacked(ArtifactStore& staged, const fs::path& directory) {
  const bool with_payloads = has_payloads(content_of(directory / kManifestMember));
  std::uint64_t whole = 0;
  tools::Progress progress;
  const std::uint64_t total = staged.size();
  staged.for_each([&](const ArtifactView& entry) {
    progress.show("checking", whole, total);
    const bool is_whole = !with_payloads || PayloadStore(staged).verify(entry).value();
    if (!is_whole) throw std::runtime_error(fmt::format("the payload of entry '{}' is damaged or missing", entry.key()));
    ++whole;
    return true;
  });
  if (whole != staged.stats().snapshot_entries) throw std::runtime_error("the index in it is damaged");
}

Imported import_archive(ArtifactStore& store, const ImportOptions& options) {
  const Staging staging(store.directory());
  {
    tools::Progress progress;
    std::uint64_t files = 0;
    unpack(options.file, staging.directory(), [&](const std::string& member) {
      progress.show("unpacking files", files++);
      return place_of(member);
    });
  }
  if (!fs::exists(staging.directory() / kSnapshotMember))
    throw std::runtime_error("not an archive of zccache-index, or one that was cut short");
  OpenOptions as_it_is;
  as_it_is.read_only = true;
  as_it_is.allow_any_filesystem = true;
  ArtifactStore staged = ArtifactStore::open(staging.directory(), as_it_is).value();
  check_unpacked(staged, staging.directory());
  return {PayloadStore(store).move_in(staged).value(), 0};
}

// --- Both ------------------------------------------------------------------------------------------------------------------------------------

void report(const Imported& imported, bool json) {
  const Merged& merged = imported.merged;
  if (json) {
    tools::print_json({{"added", merged.added}, {"replaced", merged.replaced}, {"kept", merged.kept}, {"left_out", imported.left_out}});
    return;
  }
  fmt::print("added: {}, replaced older ones: {}, kept as they were: {}\n", merged.added, merged.replaced, merged.kept);
  if (imported.left_out != 0) fmt::print("left out without a whole payload: {}\n", imported.left_out);
}

}  // namespace

int import(const Context& context, const ImportOptions& options) {
  if (options.file.empty() == options.bincode.empty()) throw tools::UsageError("import takes either FILE or --from-bincode FILE");
  const std::string& source = options.file.empty() ? options.bincode : options.file;
  const bool from_input = options.file == kStandardStream;
  if (!from_input && !fs::is_regular_file(source)) throw std::runtime_error(fmt::format("{} is not a file", source));
  ArtifactStore store = open_or_create(context);
  try {
    report(options.file.empty() ? import_bincode(store, options) : import_archive(store, options), context.json);
  } catch (const std::exception& failed) {
    throw std::runtime_error(fmt::format("{}: {}; nothing was imported", from_input ? "standard input" : source, failed.what()));
  }
  store.flush().value();
  return tools::kGood;
}

}  // namespace zccache::index_tool
