#include "store/store_impl.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/log.hpp"
#include "live/reinstate.hpp"
#include "recovery/recovery.hpp"
#include "store/flush_policy.hpp"
#include "store/history.hpp"
#include "store/write_transaction.hpp"

namespace zccache {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

static_assert(kHostCounters == format::kHostCounters);

/// How often the flush thread asks whether a snapshot is due.
constexpr milliseconds kLookEvery = std::chrono::seconds(5);
/// Each round but the first means that somebody changed what is at the path between two of our system calls.
constexpr int kMaxTries = 64;

std::uint64_t now_millis() noexcept {
  return static_cast<std::uint64_t>(duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

/// Whether it tells that something may be read but not written.
bool forbids_writing(const Failure& failure) noexcept {
  return failure.system_error == EROFS || failure.system_error == EACCES || failure.system_error == EPERM;
}

}  // namespace

ArtifactStore::Impl::Impl(const std::filesystem::path& dir, const OpenOptions& options, const BootId& boot)
    : directory_(dir), live_path_(directory_.live()), options_(options), boot_(boot), flusher_lock_(directory_.lock(), LockByte::flusher) {}

void ArtifactStore::Impl::start_flush_thread() {
  if (options_.read_only || options_.flusher != Flusher::thread) return;
  flush_thread_ = std::make_unique<FlushThread>(options_.flush_interval.value_or(kLookEvery), [this] {
    try {
      if (auto flushed = flush(FlushKind::periodic); !flushed) log::warning("periodic flush: " + flushed.error().message());
    } catch (const std::bad_alloc&) {  // tried again after the next interval; out of a thread, it would end the process
    }
  });
}

ArtifactStore::Impl::~Impl() {
  count_what_was_kept();
  if (!flush_thread_) return;
  flush_thread_.reset();
  try {
    flush_a_last_time();
  } catch (const std::bad_alloc&) {  // the live index is there all the same
  }
}

void ArtifactStore::Impl::count_what_was_kept() noexcept {
  const auto count_kept = [this](auto pick) {
    if (pick(kept_counts_).load(std::memory_order_relaxed) != 0) count(pick, 0);
  };
  count_kept([](format::SharedCounters& all) -> format::Word& { return all.hits; });
  count_kept([](format::SharedCounters& all) -> format::Word& { return all.misses; });
  count_kept([](format::SharedCounters& all) -> format::Word& { return all.evictions; });
  for (std::size_t i = 0; i < kHostCounters; ++i) count_kept([i](format::SharedCounters& all) -> format::Word& { return all.host[i]; });
}

void ArtifactStore::Impl::flush_a_last_time() {
  const Pin pin = current();
  const LiveIndex* live = pin->live();
  const auto lived = duration_cast<milliseconds>(std::chrono::steady_clock::now() - opened_at_);
  if (live == nullptr || !last_flush_is_due(FlushFacts::of(*live, now_millis()), lived, options_)) return;
  // What the flush thread would have done later.
  if (auto flushed = flush(FlushKind::last); !flushed) log::warning("last flush: " + flushed.error().message());
}

result<std::unique_ptr<ArtifactStore::Impl>> ArtifactStore::Impl::open(const std::filesystem::path& dir, const OpenOptions& options) {
  auto boot = current_boot_id();
  if (!boot) return boot.error();
  std::error_code unreachable;
  const std::filesystem::path absolute = std::filesystem::absolute(dir, unreachable);
  if (dir.empty() || unreachable) return Failure{Error::directory_unusable, dir.empty() ? "''" : dir.string(), unreachable.value()};
  std::unique_ptr<Impl> impl(new Impl(absolute, options, *boot));
  auto opened = options.read_only ? impl->open_read_only() : impl->open_read_write();
  if (!opened && !options.read_only && forbids_writing(opened.error())) {
    OpenOptions as_it_is = options;
    as_it_is.read_only = true;
    if (auto readable = open(dir, as_it_is)) return readable;
  }
  if (!opened) return opened.error();
  impl->start_flush_thread();  // not before there is something to flush
  return impl;
}

result<void> ArtifactStore::Impl::open_snapshot() {
  auto snapshot = SnapshotReader::open(directory_.snapshot());
  if (!snapshot || !snapshot->intact()) return snapshot ? Failure{Error::corrupt, directory_.snapshot().string()} : snapshot.error();
  attachments_.install(std::move(*snapshot));
  return {};
}

result<void> ArtifactStore::Impl::open_read_only() {
  if (options_.snapshot_only) {
    if (auto usable = check_foreign_directory(directory_.path()); !usable) return usable;
    return open_snapshot();
  }
  if (auto usable = check_directory(directory_.path()); !usable) return usable;
  Distrust distrust{};
  auto live = LiveIndex::attach(live_path_, Access::read_only, boot_, &distrust);
  if (live) {
    attachments_.install(std::move(*live));
    return {};
  }
  if (live.error().error == Error::directory_untrusted || !is_about_the_file(live.error())) return live.error();
  return open_snapshot();
}

result<void> ArtifactStore::Impl::open_read_write() {
  if (options_.handle_sigbus) handle_sigbus();
  auto usable = check_writable_directory(directory_.path());
  if (!usable && usable.error().error != Error::not_found) return usable;
  Distrust distrust{};
  auto live = LiveIndex::attach(live_path_, Access::read_write, boot_, &distrust);
  if (live) {
    attachments_.install(std::move(*live));
    return {};
  }
  if (live.error().error != Error::not_found && distrust == Distrust::none) return live.error();
  // Nothing there that can be used: make it, unless somebody else does meanwhile.
  Patience patience(options_.lock_timeout);
  for (int tries = 0; tries < kMaxTries; ++tries) {
    auto made = attach_or_make(patience);
    if (!made) return made.error();
    if (attachments_.is_installed()) return {};
  }
  return Failure{Error::io, directory_.path().string()};
}

bool ArtifactStore::Impl::is_at_path(const LiveIndex& live) const {
  struct stat status {};
  return ::lstat(live_path_.c_str(), &status) == 0 && FileIdentity::of(status) == live.segment().identity();
}

Pin ArtifactStore::Impl::refresh(Pin stale) const noexcept {
  try {
    const auto lock = attachments_.lock_refresh();
    stale = attachments_.pin();  // another thread may have been here meanwhile
    if (!stale->retired()) return stale;
    // Still at the path: a writer is about to put a newer one there, or was killed before it did. Either way everything is in this one.
    if (is_at_path(*stale->live())) {
      if (!options_.read_only) reinstate_after_kill();
      return stale;
    }
    Distrust distrust{};
    auto fresh = LiveIndex::attach(live_path_, options_.read_only ? Access::read_only : Access::read_write, boot_, &distrust);
    if (!fresh) return stale;
    // What was at the path may not be there any more: another thread of ours may have stored something in what is there now.
    attachments_.replace_retired(stale, std::move(*fresh));
    return attachments_.pin();
  } catch (const std::exception&) {  // bad_alloc, or a mutex that failed
    return stale;
  }
}

void ArtifactStore::Impl::reinstate_after_kill() const {
  const auto alone = threads_.try_lock();
  if (!alone) return;
  const Pin pin = attachments_.pin();
  Patience none{milliseconds{0}};
  const auto lock = WriterLock::acquire(*pin->live(), live_path_, none);
  // Looked at again, under the lock: what was replaced in the meantime must stay retired.
  if (!lock || !*lock || !pin->retired() || !is_at_path(*pin->live())) return;
  // On a full disk it stays retired, and whoever finds it next tries again.
  [[maybe_unused]] const bool stored = pin->live()->segment().store([&] { reinstate(pin->live()->header()); });
}

result<void> ArtifactStore::Impl::go_on_with(WriteSession& session, result<LiveIndex> fresh) {
  if (!fresh) return fresh.error();
  // The old lock goes when the new one is held; whoever gets it finds a retired file, and comes for the new one.
  session.locked = install(std::move(*fresh));
  return {};
}

ArtifactStore::Impl::Locked ArtifactStore::Impl::install(LiveIndex fresh) {
  attachments_.install(std::move(fresh));
  Pin pin = attachments_.pin();
  WriterLock lock = WriterLock::of_new(*pin->live());
  return {std::move(pin), std::move(lock)};
}

result<void> ArtifactStore::Impl::make_room(WriteSession& session, const Capacity& more) {
  const LiveIndex& live = session.live();
  const bool leave_garbage = live.is_mostly_garbage();
  if (!leave_garbage && grow(live, more)) return {};
  auto made = go_on_with(session, renewed(live, more));
  // Where the disk has no room for another generation, it may have some for more of this one.
  if (!made && leave_garbage && grow(live, more)) return {};
  return made;
}

bool ArtifactStore::Impl::grow(const LiveIndex& live, const Capacity& more) const {
  const std::size_t bytes = more.record_bytes + more.entries * kNodeBytes;
  if (extent_available(live.segment().extent()) >= bytes) return false;
  // Where the disk is full, a renewal may still help: it leaves the garbage behind, or says so.
  const auto available = live.segment().make_room(live.segment().file()->fd(), bytes, live_path_);
  return available && *available;
}

result<LiveIndex> ArtifactStore::Impl::renewed(const LiveIndex& live, const Capacity& more) const {
  const auto held = hold_directory();
  if (!held) return held.error();
  auto fresh = renew(*held, live, more, options_.initial_segment_bytes);
  return fresh || fresh.error().error != Error::corrupt ? std::move(fresh) : rebuild_damaged(live);
}

result<LiveIndex> ArtifactStore::Impl::rebuild_damaged(const LiveIndex& live) const {
  const auto held = hold_directory();
  if (!held) return held.error();
  return rebuild(*held, boot_, options_, Distrust::damaged, Predecessor::of_file(live.segment().identity()));
}

result<ThreadLock::Guard> ArtifactStore::Impl::alone(Patience& patience) {
  for (;;) {
    if (auto guard = threads_.try_lock()) return std::move(*guard);
    if (!patience.pause()) return Failure{Error::lock_timeout, live_path_.string()};
  }
}

result<ArtifactStore::Impl::WriteSession> ArtifactStore::Impl::begin_change() {
  if (options_.read_only) return Failure{Error::read_only, directory_.path().string()};
  Patience patience(options_.lock_timeout);
  auto guard = alone(patience);
  if (!guard) return guard.error();
  for (int tries = 0; tries < kMaxTries; ++tries) {
    auto locked = lock_current(patience);
    if (!locked) return locked.error();
    if (*locked) return WriteSession{std::move(*guard), std::move(**locked)};
    auto made = attach_or_make(patience);
    if (!made) return made.error();
    if (*made) return WriteSession{std::move(*guard), std::move(**made)};
  }
  return Failure{Error::io, directory_.path().string()};
}

result<std::optional<ArtifactStore::Impl::Locked>> ArtifactStore::Impl::lock_current(Patience& patience) {
  Pin pin = attachments_.pin();
  auto lock = WriterLock::acquire(*pin->live(), live_path_, patience);
  if (!lock) return lock.error();
  // Looked at under the lock, and so before any change: what is changed then was what others find at the path at this moment.
  if (!*lock || !is_at_path(*pin->live())) return std::optional<Locked>();
  // A writer was killed between retiring this generation and putting the next one in its place.
  LiveIndex& live = *pin->live();
  if (live.retired() && !live.segment().store([&] { reinstate(live.header()); })) return disk_full();
  // A lookup of another thread has attached to what was at the path before. What is changed here this process has to find.
  if (!attachments_.is_current(pin)) return std::optional<Locked>();
  return std::optional(Locked{std::move(pin), std::move(**lock)});
}

result<std::optional<ArtifactStore::Impl::Locked>> ArtifactStore::Impl::attach_or_make(Patience& patience) {
  Distrust distrust{};
  auto live = LiveIndex::attach(live_path_, Access::read_write, boot_, &distrust);
  if (!live && live.error().error != Error::not_found && distrust == Distrust::none) return live.error();
  if (!live) return make(distrust != Distrust::none, patience);
  attachments_.install(std::move(*live));
  return std::optional<Locked>();
}

result<std::optional<ArtifactStore::Impl::Locked>> ArtifactStore::Impl::make(bool in_place_of_a_file, Patience& patience) {
  if (auto made = make_durable_directory(directory_.path()); !made) return made.error();
  std::optional<Locked> look_again;
  const auto held = hold_directory();
  if (!held && held.error().error == Error::not_found) return look_again;
  if (!held) return held.error();
  // The file before the directory, as all do. Then nobody of ours changes the one, or puts anything in its place.
  std::optional<ForeignWriterLock> writer;
  if (in_place_of_a_file) {
    auto locked = ForeignWriterLock::acquire(live_path_, patience);
    if (!locked) return locked.error();
    writer = std::move(*locked);
  }
  const auto lock = held->lock();
  if (!lock) return lock.error();
  Distrust distrust{};
  auto live = LiveIndex::attach(live_path_, Access::read_write, boot_, &distrust);
  if (!live && live.error().error != Error::not_found && distrust == Distrust::none) return live.error();
  if (live) {  // somebody else was first
    attachments_.install(std::move(*live));
    return look_again;
  }
  // Made while there is room: a full disk is when a collection needs it.
  (void)open_file(directory_.lock(), O_RDWR | O_CREAT);
  const Predecessor before = writer ? Predecessor::of_file(writer->identity()) : Predecessor::none();
  auto fresh = rebuild(*held, boot_, options_, distrust, before);
  if (!fresh && fresh.error().error == Error::not_found) return look_again;  // it is not what it was
  if (!fresh) return fresh.error();
  return std::optional(install(std::move(*fresh)));
}

result<void> ArtifactStore::Impl::settle(LiveIndex& live) const {
  if (!live.segment().store([&] { [[maybe_unused]] const LiveWriter settled(live); })) return disk_full();
  return {};
}

result<void> ArtifactStore::Impl::compact(WriteSession& session) {
  if (auto settled = settle(session.live()); !settled) return settled;
  return go_on_with(session, renewed(session.live(), {}));
}

result<std::size_t> ArtifactStore::Impl::clear() {
  std::size_t count = 0;
  {
    auto transaction = WriteTransaction::begin(*this);
    if (!transaction) return transaction.error();
    const LiveIndex& old = transaction->live();
    if (auto settled = settle(transaction->live()); !settled) return settled.error();
    count = old.header().counts.entries;
    const auto held = hold_directory();
    if (!held) return held.error();
    auto empty = renew_empty(*held, old, options_.initial_segment_bytes);
    if (auto replaced = transaction->replace(std::move(empty)); !replaced) return replaced.error();
  }
  if (auto flushed = flush(FlushKind::asked_for); !flushed) return flushed.error();
  return count;
}

bool ArtifactStore::Impl::flush_due() const noexcept {
  const Pin pin = attachments_.pin();
  const LiveIndex* live = pin->live();
  if (live == nullptr || options_.read_only) return false;
  return flush_is_due(FlushFacts::of(*live, now_millis()), options_);
}

void ArtifactStore::Impl::changed(WriteSession& session) {
  if (!flush_thread_) return;
  const format::LiveHeader& header = session.live().header();
  flush_thread_->wake(options_.flush_changes && header.counts.last_sequence - header.flushed_sequence >= *options_.flush_changes);
}

result<bool> ArtifactStore::Impl::flush(FlushKind kind) {
  if (options_.read_only) return Failure{Error::read_only, directory_.path().string()};
  for (int tries = 0; tries < kMaxTries; ++tries) {
    if (kind == FlushKind::periodic && !flush_due()) return false;
    // Only a flush that was asked for begins another life; the others leave a directory that is gone, or somebody else's, as it is.
    if (!is_at_path(*current()->live())) {
      if (kind != FlushKind::asked_for) return false;
      if (auto made = begin_change(); !made) return made.error();
    }
    auto flushed = flush_current(kind);
    if (flushed || flushed.error().error != Error::not_found) return flushed;
  }
  return Failure{Error::io, directory_.path().string()};
}

/// Errors: not_found if the current generation is not the one in the directory, or its life no longer the one there.
result<bool> ArtifactStore::Impl::flush_current(FlushKind kind) {
  // Opened before anything is decided: the snapshot goes into this directory or nowhere.
  const auto held = hold_directory();
  if (!held) return held.error();
  auto guard = flusher_lock_.acquire_at_path(kind == FlushKind::periodic ? milliseconds{0} : options_.lock_timeout);
  if (!guard && kind == FlushKind::periodic && guard.error().error == Error::lock_timeout) return false;  // somebody else is at it
  if (!guard) return guard.error();
  if (kind == FlushKind::periodic && !flush_due()) return false;

  const auto start = std::chrono::steady_clock::now();
  const Pin pin = current();
  const LiveIndex& live = *pin->live();
  FlushBase base{.sequence = 0, .unflushed_bytes = live.unflushed_bytes()};
  // The lock file of now, as well: under another one somebody may have written a newer snapshot.
  const auto size = write_snapshot(*held, live, &base.sequence, [&] { return flusher_lock_.is_in(*held); });
  if (!size && size.error().error == Error::not_found) return size.error();
  record_flush(live, size, base, std::chrono::steady_clock::now() - start);
  if (!size) return size.error();
  flusher_lock_.refresh_times();  // nothing else ever changes them
  return true;
}

void ArtifactStore::Impl::record_flush(const LiveIndex& flushed, const result<SnapshotSize>& outcome, const FlushBase& base,
                                       std::chrono::steady_clock::duration took) {
  // Under the writer lock, so that a renewal at this moment takes the numbers along. Without it they are not recorded: a flush too many later.
  Patience patience(options_.lock_timeout);
  auto guard = alone(patience);
  if (!guard) return;
  { const Pin newest = current(); }  // what replaced it meanwhile
  const auto locked = lock_current(patience);
  if (!locked || !*locked) return;
  const LiveIndex& live = *(*locked)->pin->live();
  format::LiveHeader& header = live.header();
  if (header.life != flushed.header().life) return;
  const auto record = [&] {
    if (!outcome) {
      header.flushes_failed += 1;
      header.flush_failed_at_millis = now_millis();
      return;
    }
    header.flushes_done += 1;
    header.flushed_sequence = base.sequence;
    // Added rather than set: a renewal meanwhile began to count anew, and took along how much was not flushed.
    header.flushed_used = std::min<std::uint64_t>(header.flushed_used + base.unflushed_bytes, live.segment().extent().used);
    header.last_flush_at_millis = now_millis();
    header.last_flush_micros = static_cast<std::uint64_t>(duration_cast<std::chrono::microseconds>(took).count());
    header.snapshot_entries = outcome->entries;
    header.snapshot_bytes = outcome->bytes;
  };
  // On a full disk they are not recorded either.
  const bool recorded = live.segment().store(record);
  if (recorded && outcome) append_history(directory_, header);
  if (recorded && outcome) live.segment().file()->refresh_times();
}

result<void> ArtifactStore::Impl::reset_counters() {
  // Under the writer lock: nobody renews meanwhile, so no counter is drained, and nobody else writes the counts.
  auto session = begin_change();
  if (!session) return session.error();
  if (auto settled = settle(session->live()); !settled) return settled;
  const auto reset = [&header = session->live().header()] {
    // Relaxed: numbers for themselves, which publish nothing.
    for (format::Word* word :
         {&header.shared.hits, &header.shared.misses, &header.shared.evictions, &header.counts.inserts, &header.counts.removes}) {
      word->store(0, std::memory_order_relaxed);
    }
    for (format::Word& word : header.shared.host) word.store(0, std::memory_order_relaxed);
  };
  if (!session->live().segment().store(reset)) return disk_full();
  return {};
}

void ArtifactStore::Impl::touch(std::string_view key) noexcept {
  if (options_.read_only) return;
  const Pin pin = current();
  // A renewal at this moment may have copied the record before: then this use is forgotten, and the next one is noted.
  const format::RecordHeader* record = pin->find(key);
  if (record == nullptr) return;
  // On a full disk it is forgotten as well.
  [[maybe_unused]] const bool noted = pin->live()->segment().store([&] { format::note_use(*record, now_millis() / 1000); });
}

Stats ArtifactStore::Impl::stats() const {
  const Pin pin = current();
  Stats stats;
  if (const SnapshotReader* snapshot = pin->snapshot()) {
    const format::Totals& totals = snapshot->origin().totals;
    stats = {.entries = snapshot->record_count(),
             .generation = snapshot->origin().generation,
             .renewals = totals.renewals,
             .hits = totals.hits,
             .misses = totals.misses,
             .inserts = totals.inserts,
             .removes = totals.removes,
             .evictions = totals.evictions,
             .host = totals.host,
             .flushes_done = totals.flushes_done,
             .flushes_failed = totals.flushes_failed,
             .last_flush_at_secs = snapshot->origin().created_at_secs,
             .snapshot_entries = snapshot->record_count(),
             .snapshot_bytes = snapshot->size()};
    return stats;
  }
  const LiveIndex& live = *pin->live();
  const format::LiveHeader& header = live.header();
  const Inheritance now = Inheritance::of(header);
  return {.entries = header.counts.entries,
          .live_bytes = header.counts.live_bytes,
          .garbage_bytes = live.garbage_bytes(),
          .segment_bytes = live.segment().allocated_bytes(),
          .generation = header.generation,
          .renewals = now.totals.renewals,
          .hits = now.totals.hits,
          .misses = now.totals.misses,
          .inserts = now.totals.inserts,
          .removes = now.totals.removes,
          .evictions = now.totals.evictions,
          .host = now.totals.host,
          .flushes_done = now.totals.flushes_done,
          .flushes_failed = now.totals.flushes_failed,
          .last_flush_micros = now.last_flush_micros,
          .last_flush_at_secs = now.totals.flushes_done == 0 ? 0 : now.last_flush_at_millis / 1000,
          .snapshot_entries = now.snapshot_entries,
          .snapshot_bytes = now.snapshot_bytes,
          .unflushed_changes = now.last_sequence - now.flushed_sequence};
}

}  // namespace zccache
