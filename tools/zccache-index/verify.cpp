// verify: compares live index, snapshot and payload files, and names every disagreement. Changes nothing.
#include <fmt/core.h>
#include <zccache/eviction.hpp>
#include <zccache/payload_store.hpp>
#include <zccache/recovery.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "command.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"
#include "common/progress.hpp"
#include "open_index.hpp"

namespace zccache::index_tool {
namespace {

struct Disagreement {
  std::string kind;  ///< stable identifier
  std::string subject;
  std::string detail;
};

struct Verdict {
  std::uint64_t entries = 0;
  std::uint64_t payload_files = 0;
  std::vector<Disagreement> disagreements;

  void add(std::string kind, std::string subject, std::string detail) {
    disagreements.push_back({std::move(kind), std::move(subject), std::move(detail)});
  }
};

void verify_index_files(const std::filesystem::path& directory, Verdict& verdict) {
  const RecoveryReport report = check(directory).value();
  if (!report.damaged) return;  // a restart of the machine, or a copy that was restored, is none
  for (const RecoveryFinding& finding : report.findings) {
    if (finding.state != "ok" && finding.state != "missing") verdict.add("index_file_" + finding.state, finding.file, finding.detail);
  }
}

void verify_entry(const PayloadStore& payloads, const ArtifactView& entry, Verdict& verdict) {
  ++verdict.entries;
  if (!payloads.has_files(entry)) return verdict.add("payload_missing", std::string(entry.key()), "an output has no file");
  const result<bool> whole = payloads.verify(entry);
  if (whole.has_error()) {
    verdict.add("payload_unreadable", std::string(entry.key()), whole.error().message());
  } else if (!whole.value()) {
    verdict.add("payload_damaged", std::string(entry.key()), "size or digest of a payload file is not what was stored");
  }
}

void verify_leftover(const ArtifactStore& store, const Leftover& leftover, Verdict& verdict) {
  switch (leftover.kind) {
    case Leftover::Kind::orphan:
      return verdict.add("payload_without_entry", leftover.path.string(), "no entry has this output");
    case Leftover::Kind::temporary:
      return verdict.add("stale_temporary", leftover.path.string(), "its process is gone");
    case Leftover::Kind::unknown:
      return verdict.add("unknown_file", std::filesystem::relative(leftover.path, store.directory()).string(), "not made by this program");
  }
}

Verdict compare(ArtifactStore& store) {
  Verdict verdict;
  verify_index_files(store.directory(), verdict);
  const PayloadStore payloads(store);
  tools::Progress progress;
  const std::uint64_t total = store.size();
  store.for_each([&](const ArtifactView& entry) {
    progress.show("verifying", verdict.entries, total);
    verify_entry(payloads, entry, verdict);
    return true;
  });
  verdict.payload_files = for_each_leftover(store, [&](const Leftover& leftover) { verify_leftover(store, leftover, verdict); });
  return verdict;
}

void show_json(const Verdict& verdict) {
  tools::Json list = tools::Json::array();
  for (const Disagreement& one : verdict.disagreements) list.push_back({{"kind", one.kind}, {"subject", one.subject}, {"detail", one.detail}});
  tools::print_json({{"entries", verdict.entries}, {"payload_files", verdict.payload_files}, {"disagreements", std::move(list)}});
}

void show_text(const Verdict& verdict) {
  for (const Disagreement& one : verdict.disagreements) {
    fmt::print("{}: {}: {}\n", one.kind, tools::printable(one.subject), tools::printable(one.detail));
  }
  fmt::print("entries: {}, payload files: {}, disagreements: {}\n", verdict.entries, verdict.payload_files, verdict.disagreements.size());
}

}  // namespace

int verify(const Context& context) {
  ArtifactStore store = open_to_look(context);
  const Verdict verdict = compare(store);
  (context.json ? show_json : show_text)(verdict);
  return verdict.disagreements.empty() ? tools::kGood : tools::kNo;
}

}  // namespace zccache::index_tool
