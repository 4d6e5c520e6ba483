#include "recovery/recovery.hpp"

#include <fcntl.h>

#include <algorithm>
#include <vector>

#include "base/lock_file.hpp"
#include "base/log.hpp"
#include "live/live_writer.hpp"
#include "live/writer_lock.hpp"
#include "recovery/quarantine.hpp"
#include "recovery/salvage.hpp"
#include "snapshot/flush.hpp"

namespace zccache {
namespace {

const char* explain(Distrust distrust) noexcept {
  switch (distrust) {
    case Distrust::none:
      return "can be used";
    case Distrust::damaged:
      return "not a whole live index";
    case Distrust::other_version:
      return "of another version or layout; it is rebuilt in this one";
    case Distrust::other_boot:
      return "from before the last restart of the machine; it is rebuilt, which is no damage";
    case Distrust::moved:
      return "copied or restored; it is rebuilt, which is no damage";
  }
  return "";
}

RecoveryFinding finding_of(const CacheDirectory& directory, Distrust distrust, const result<LiveIndex>& live) {
  RecoveryFinding finding{.file = directory.live().filename().string(), .state = name(distrust), .detail = explain(distrust)};
  if (live || distrust != Distrust::none) return finding;
  const bool missing = live.error().error == Error::not_found;
  finding.state = missing ? "missing" : zccache::name(live.error().error);
  finding.detail = missing ? "no live index yet; the first use makes it" : live.error().message();
  return finding;
}

/// Counts the entries of a live index. An index at rest whose entries are fewer than its count has damage in it.
void audit(const LiveIndex& live, RecoveryFinding* finding) {
  const format::Counts& counts = live.header().counts;
  const std::uint64_t sequence = counts.last_sequence.load(std::memory_order_acquire);
  const std::uint64_t expected = counts.entries;
  live.for_each([&](const format::RecordHeader&) {
    ++finding->found;
    return true;
  });
  const bool at_rest =
      live.header().dirty.load(std::memory_order_acquire) == 0 && sequence == counts.last_sequence.load(std::memory_order_acquire);
  if (live.retired()) {
    finding->state = "retired";
    finding->detail = "a writer was killed while it renewed the index; the next use goes on with this one";
  } else if (at_rest && finding->found < expected) {
    finding->lost = expected - finding->found;
    finding->state = "damaged";
    finding->detail = "entries cannot be reached";
  }
}

bool is_damage(const RecoveryFinding& finding) { return finding.state == "damaged" || finding.state == "other_version"; }

struct Survey {
  RecoveryReport report;
  Distrust distrust = Distrust::none;
  bool live_damaged = false;
  bool live_sound = false;
  std::vector<std::filesystem::path> damaged_snapshots;
};

/// Looks at everything. Requires that the directory is usable.
result<Survey> survey(const CacheDirectory& directory, const BootId& boot) {
  Survey survey;
  auto live = LiveIndex::attach(directory.live(), Access::read_only, boot, &survey.distrust);
  if (!live && (live.error().error == Error::directory_untrusted || !is_about_the_file(live.error()))) return live.error();
  RecoveryFinding finding = finding_of(directory, survey.distrust, live);
  if (live) audit(*live, &finding);
  survey.live_damaged = finding.state == name(Distrust::damaged);
  survey.live_sound = finding.state == name(Distrust::none);
  survey.report.rebuild_needed = !survey.live_sound && finding.state != "missing";
  survey.report.entries_kept = finding.found;
  survey.report.findings.push_back(finding);

  const Salvage salvage(directory);
  if (salvage.unreadable()) return *salvage.unreadable();
  survey.report.findings.insert(survey.report.findings.end(), salvage.findings().begin(), salvage.findings().end());
  if (!live || survey.live_damaged) survey.report.entries_kept = salvage.count_entries();
  survey.report.damaged = std::ranges::any_of(survey.report.findings, is_damage);
  survey.damaged_snapshots = salvage.damaged();
  return survey;
}

void set_all_aside(const HeldDirectory& directory, const std::vector<std::filesystem::path>& files, RecoveryReport* report) {
  for (const auto& file : files) {
    if (auto kept = set_aside(directory, file); !kept.empty()) report->quarantined.push_back(kept);
  }
}

/// Attached with the lock of flushers held: whoever had it before us may have flushed a later generation than we mended.
result<void> flush_now(const HeldDirectory& held, const BootId& boot, std::chrono::milliseconds timeout) {
  constexpr int kMaxTries = 64;  // each but the first means that another generation was put in place, or the lock removed, meanwhile
  const CacheDirectory directory(held.path());
  LockFile lock(directory.lock(), LockByte::flusher);
  for (int tries = 0; tries < kMaxTries; ++tries) {
    auto guard = lock.acquire_at_path(timeout);
    if (!guard) return guard.error();
    Distrust distrust{};
    auto live = LiveIndex::attach(directory.live(), Access::read_only, boot, &distrust);
    if (!live) return live.error();
    std::uint64_t base_sequence = 0;
    auto size = write_snapshot(held, *live, &base_sequence, [&] { return lock.is_in(held); });
    if (size) return {};
    if (size.error().error != Error::not_found) return size.error();
  }
  return Failure{Error::io, held.path().string()};
}

/// Mends what needs it. Whether a snapshot is to be made of it: not where all was well.
result<bool> repair_live(const HeldDirectory& held, const BootId& boot, const OpenOptions& options, RecoveryReport* report) {
  const CacheDirectory directory(held.path());
  Patience patience(options.lock_timeout);
  const auto writer = ForeignWriterLock::acquire(directory.live(), patience);
  if (!writer) return writer.error();
  auto found = survey(directory, boot);
  if (!found) return found.error();
  *report = std::move(found->report);
  if (!report->damaged && !report->rebuild_needed) return false;
  if (!found->live_sound) {
    const Predecessor before = *writer ? Predecessor::of_file((*writer)->identity()) : Predecessor::none();
    auto rebuilt = rebuild(held, boot, options, found->live_damaged ? Distrust::damaged : found->distrust, before, report);
    if (!rebuilt) return rebuilt.error();
    return true;
  }
  // A sound live index knows more than any snapshot, removals included: it stays, and only the snapshot is made anew.
  set_all_aside(held, found->damaged_snapshots, report);
  return true;
}

}  // namespace

result<LiveIndex> rebuild(const HeldDirectory& held, const BootId& boot, const OpenOptions& options, Distrust why, const Predecessor& before,
                          RecoveryReport* report) {
  const CacheDirectory directory(held.path());
  // Held to the end: a snapshot that got its name after it was read here would know more than what is made of it.
  const auto lock = held.lock();
  if (!lock) return lock.error();
  if (!before.is_in(held)) return Failure{Error::not_found, directory.live().string()};
  if (!options.allow_any_filesystem) {
    if (auto known = check_filesystem(directory.path()); !known) return known.error();
  }
  const Salvage salvage(held);
  if (salvage.unreadable()) return *salvage.unreadable();
  auto builder = LiveBuilder::create_roomy(held, salvage.capacity(), options.initial_segment_bytes);
  if (!builder) return builder.error();
  const auto& records = salvage.records();
  // NOLINTNEXTLINE(modernize-loop-convert): clang 14 cannot compile std::views with this standard library
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    const auto fits = builder->add(**record);
    if (!fits) return fits.error();
    if (!*fits) return Failure{Error::no_space, directory.live().string()};
  }
  RecoveryReport local;
  RecoveryReport& done = report != nullptr ? *report : local;
  std::vector<std::filesystem::path> aside = salvage.damaged();
  if (why == Distrust::damaged) aside.push_back(directory.live());
  set_all_aside(held, aside, &done);
  if (!aside.empty()) log::warning(directory.path().string() + ": damage found; kept " + std::to_string(builder->entries()) + " entries");
  done.rebuilt = true;
  done.entries_kept = builder->entries();
  Inheritance past = salvage.inheritance();
  past.life = 0;  // what was not to be trusted may be a copy, whose original lives on
  past.totals.renewals += past.generation == 0 ? 0 : 1;
  // The newest snapshot does not stand for what was salvaged from elsewhere.
  if (!aside.empty()) past.flushed_sequence = 0;
  return std::move(*builder).publish(past, boot, before);
}

result<RecoveryReport> check(const std::filesystem::path& dir) {
  if (auto usable = check_directory(dir); !usable) return usable.error();
  auto boot = current_boot_id();
  if (!boot) return boot.error();
  auto found = survey(CacheDirectory(dir), *boot);
  if (!found) return found.error();
  return std::move(found->report);
}

result<RecoveryReport> repair(const std::filesystem::path& dir, const OpenOptions& options) {
  if (auto usable = check_directory(dir); !usable) return usable.error();
  auto boot = current_boot_id();
  if (!boot) return boot.error();
  if (options.handle_sigbus) handle_sigbus();
  const CacheDirectory directory(dir);
  const auto held = HeldDirectory::open(dir, options.lock_timeout);
  if (!held) return held.error();
  RecoveryReport report;
  const auto mended = repair_live(*held, *boot, options, &report);
  if (!mended) return mended.error();
  if (!*mended) return report;
  if (auto flushed = flush_now(*held, *boot, options.lock_timeout); !flushed) return flushed.error();
  return report;
}

std::string RecoveryReport::to_text() const {
  std::string text;
  for (const RecoveryFinding& finding : findings) {
    text += finding.file + ": " + finding.state;
    if (finding.found != 0) text += ", " + std::to_string(finding.found) + " entries";
    if (finding.lost != 0) text += ", " + std::to_string(finding.lost) + " lost";
    text += finding.detail.empty() ? "\n" : " (" + finding.detail + ")\n";
  }
  for (const std::string& file : quarantined) text += "set aside: " + file + "\n";
  text += rebuilt ? "rebuilt, " : rebuild_needed ? "needs to be rebuilt, " : "";
  return text + std::to_string(entries_kept) + (rebuild_needed && !rebuilt ? " entries can be kept\n" : " entries\n");
}

}  // namespace zccache
