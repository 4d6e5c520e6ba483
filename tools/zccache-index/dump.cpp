// dump: the live segment as it stands in its file, for a person who debugs it.
#include <fmt/core.h>
#include <zccache/inspect.hpp>

#include <string>
#include <string_view>
#include <utility>

#include "command.hpp"
#include "common/directory.hpp"
#include "common/human.hpp"
#include "common/json.hpp"
#include "common/outcome.hpp"

namespace zccache::index_tool {
namespace {

tools::Json locks_json(const SegmentDump& dump) {
  tools::Json list = tools::Json::array();
  for (const LockHolder& holder : dump.locks) list.push_back({{"lock", holder.lock}, {"pid", holder.pid}});
  return list;
}

void show_json(const SegmentDump& dump) {
  tools::print_json({{"trust", dump.trust},
                     {"file_bytes", dump.file_bytes},
                     {"magic", fmt::format("{:016x}", dump.magic)},
                     {"version", dump.version},
                     {"fingerprint", fmt::format("{:016x}", dump.fingerprint)},
                     {"expected_fingerprint", fmt::format("{:016x}", dump.expected_fingerprint)},
                     {"boot_id", dump.boot_id},
                     {"current_boot_id", dump.current_boot_id},
                     {"device", dump.device},
                     {"actual_device", dump.actual_device},
                     {"inode", dump.inode},
                     {"actual_inode", dump.actual_inode},
                     {"generation", dump.generation},
                     {"retired", dump.retired},
                     {"dirty", dump.dirty},
                     {"last_sequence", dump.last_sequence},
                     {"flushed_sequence", dump.flushed_sequence},
                     {"entries", dump.entries},
                     {"live_bytes", dump.live_bytes},
                     {"buckets", dump.buckets},
                     {"chain_lengths", dump.chain_lengths},
                     {"damaged_chains", dump.damaged_chains},
                     {"extent_offset", dump.extent_offset},
                     {"extent_bytes", dump.extent_bytes},
                     {"extent_used", dump.extent_used},
                     {"managed_free_bytes", dump.managed_free_bytes},
                     {"locks", locks_json(dump)}});
}

void line(std::string_view label, std::string_view value, std::string_view remark = {}) {
  fmt::print("{:<18} {}{}{}\n", label, value, remark.empty() ? "" : "   ", remark);
}

/// A word that must agree with something outside the file.
template <class Word>
void compared_line(std::string_view label, const Word& stands, const Word& expected, std::string_view expected_is, const char* form) {
  const std::string remark = stands == expected ? "" : fmt::format("but {} is {}", expected_is, fmt::format(fmt::runtime(form), expected));
  line(label, fmt::format(fmt::runtime(form), stands), remark);
}

void show_header(const SegmentDump& dump) {
  line("trust", dump.trust);
  line("file", tools::human_bytes(dump.file_bytes));
  line("magic", fmt::format("{:016x}", dump.magic));
  line("version", fmt::format("{}", dump.version));
  compared_line("fingerprint", dump.fingerprint, dump.expected_fingerprint, "this program's", "{:016x}");
  compared_line("boot id", dump.boot_id, dump.current_boot_id, "this boot's", "{}");
  compared_line("device", dump.device, dump.actual_device, "the file's", "{}");
  compared_line("inode", dump.inode, dump.actual_inode, "the file's", "{}");
  line("generation", fmt::format("{}", dump.generation));
  line("retired", dump.retired ? "yes" : "no", dump.retired ? "a newer generation replaces this file" : "");
  line("dirty", dump.dirty ? "yes" : "no", dump.dirty ? "a change is on its way, or its writer was killed" : "");
  line("last sequence", fmt::format("{}", dump.last_sequence));
  line("flushed sequence", fmt::format("{}", dump.flushed_sequence));
  line("entries", fmt::format("{}", dump.entries), tools::human_bytes(dump.live_bytes));
}

void show_segment(const SegmentDump& dump) {
  line("buckets", fmt::format("{}", dump.buckets));
  for (std::size_t length = 0; length < dump.chain_lengths.size(); ++length) {
    line(fmt::format("chains of {}", length), fmt::format("{}", dump.chain_lengths[length]));
  }
  line("damaged chains", fmt::format("{}", dump.damaged_chains));
  line("extent", tools::human_bytes(dump.extent_bytes),
       fmt::format("at {:#x}, {} used", dump.extent_offset, tools::human_bytes(dump.extent_used)));
  line("segment free", tools::human_bytes(dump.managed_free_bytes));
}

void show_locks(const SegmentDump& dump) {
  for (const LockHolder& holder : dump.locks) {
    line(holder.lock + " lock", holder.pid == 0 ? "held by a process that cannot be seen" : fmt::format("held by process {}", holder.pid));
  }
  if (dump.locks.empty()) line("locks", "none held");
}

}  // namespace

int dump(const Context& context) {
  const std::filesystem::path directory = tools::chosen_directory(context.directory);
  auto inspected = inspect(directory);
  if (inspected.has_error() && inspected.error().error == Error::not_found) {
    throw tools::No(fmt::format("no index at {}: no live one", directory.string()));
  }
  const SegmentDump dump = std::move(inspected).value();
  if (context.json) {
    show_json(dump);
    return tools::kGood;
  }
  show_header(dump);
  if (dump.buckets != 0) show_segment(dump);
  show_locks(dump);
  return tools::kGood;
}

}  // namespace zccache::index_tool
