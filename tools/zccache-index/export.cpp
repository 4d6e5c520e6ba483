// export: the entries, with or without their payloads, as one archive that import takes on another machine.
#include <fmt/core.h>
#include <unistd.h>
#include <zccache/payload_store.hpp>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "archive.hpp"
#include "archive_members.hpp"
#include "command.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "common/progress.hpp"
#include "open_index.hpp"
#include "work_directory.hpp"

namespace zccache::index_tool {
namespace {

namespace fs = std::filesystem;

/// The snapshot of the archive: a store that is filled with what went in.
class ExportedIndex {
 public:
  explicit ExportedIndex(const fs::path& directory) : store_(ArtifactStore::open(directory, options()).value()) {}

  void add(const ArtifactView& entry) {
    batch_.emplace_back(entry.key(), entry.to_artifact());
    if (batch_.size() == kBatch) insert_batch();
  }
  fs::path finish() {
    insert_batch();
    store_.flush().value();
    return store_.directory() / kSnapshotMember;
  }

 private:
  static constexpr std::size_t kBatch = 256;

  static OpenOptions options() {
    OpenOptions options;
    options.flusher = Flusher::caller;
    options.allow_any_filesystem = true;  // nobody else has it open
    return options;
  }
  void insert_batch() {
    store_.insert_many(batch_).value();
    batch_.clear();
  }

  ArtifactStore store_;
  std::vector<std::pair<std::string, Artifact>> batch_;
};

class Exporter {
 public:
  Exporter(ArtifactStore& store, const ExportOptions& options)
      : store_(store), payloads_(store), options_(options), archive_(options.file), index_(workshop_.path() / "index") {}

  void run() {
    archive_.add_text(kManifestMember, manifest(!options_.no_payloads), tools::now_secs());
    tools::Progress progress;
    const std::uint64_t total = store_.size();
    store_.for_each([&](const ArtifactView& entry) {
      progress.show("exporting", entries_ + left_out_, total);
      add(entry);
      return true;
    });
    archive_.add_file(kSnapshotMember, index_.finish(), tools::now_secs());
    archive_.commit();
  }
  /// To standard error where the archive goes to standard output.
  void report(bool json) const {
    std::FILE* const to = options_.file == kStandardStream ? stderr : stdout;
    if (json) {
      tools::print_json({{"entries", entries_}, {"left_out", left_out_}, {"payload_bytes", payload_bytes_}}, to);
      return;
    }
    fmt::print(to, "exported entries: {}, payloads: {}\n", entries_, tools::human_bytes(payload_bytes_));
    if (left_out_ != 0) fmt::print(to, "left out entries without a whole payload: {}\n", left_out_);
  }

 private:
  void add(const ArtifactView& entry) {
    const bool wanted = !options_.no_payloads && entry.output_count() != 0;
    if (wanted && !add_payloads(entry)) {
      ++left_out_;
      return;
    }
    index_.add(entry);
    ++entries_;
  }

  /// Every payload is there and is what was stored, or none goes in.
  bool add_payloads(const ArtifactView& entry) {
    std::vector<OutputFile> outputs;
    for (std::size_t i = 0; i < entry.output_count(); ++i) {
      outputs.push_back({std::string(entry.output_name(i)), workshop_.path() / std::to_string(i)});
    }
    if (payloads_.restore(entry, outputs).value() != Restored::hit) return false;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      archive_.add_file(payload_member(entry.key(), i), outputs[i].path, entry.stored_at_secs());
      fs::remove(outputs[i].path);
      payload_bytes_ += entry.output_size(i);
    }
    return true;
  }

  ArtifactStore& store_;
  PayloadStore payloads_;
  const ExportOptions& options_;
  WorkDirectory workshop_{export_place()};  // for what goes into the archive next
  ArchiveWriter archive_;
  ExportedIndex index_;
  std::uint64_t entries_ = 0;
  std::uint64_t left_out_ = 0;
  std::uint64_t payload_bytes_ = 0;
};

}  // namespace

int export_archive(const Context& context, const ExportOptions& options) {
  if (options.file == kStandardStream && ::isatty(STDOUT_FILENO) == 1)
    throw tools::UsageError("an archive is nothing for a terminal; redirect it");
  ArtifactStore store = open_to_look(context);
  Exporter exporter(store, options);
  exporter.run();
  exporter.report(context.json);
  return tools::kGood;
}

}  // namespace zccache::index_tool
