#include "zccache-remote/transfer.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zccache/payload_store.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "common/descriptor.hpp"
#include "zccache-cc/facts/manifest.hpp"
#include "zccache-cc/facts/upload_mark.hpp"
#include "zccache-cc/facts/variables.hpp"
#include "zccache-cc/platform/counters.hpp"

namespace zccache::remote {
namespace {

/// What a parcel beside a manifest holds: a path that the manifest names, or which variables count for a set of programs.
constexpr std::string_view kPathParcel = "path";

void count(ArtifactStore& store, cc::Counter counter, std::uint64_t n = 1) { store.count(static_cast<std::size_t>(counter), n); }

Reply not_stored(const std::string& why) { return {Outcome::failed, {}, why}; }

Parcel text_parcel(std::string key, std::string_view text, std::string_view more = {}) {
  Parcel parcel;
  parcel.key = std::move(key);
  parcel.stdout_bytes = text;
  parcel.stderr_bytes = more;
  return parcel;
}

/// The bytes as a file, for a store that takes files.
std::optional<tools::Descriptor> file_of(const Parcel::Output& output) {
  tools::Descriptor file(::memfd_create("output", MFD_CLOEXEC));
  if (!file || ::fchmod(file.get(), output.mode & 0777U) != 0) return std::nullopt;
  for (std::string_view rest = output.bytes; !rest.empty();) {
    const ssize_t written = ::write(file.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

/// Those of `theirs` whose results are not among `ours`, and ours between them: neither side pushes the other out where there are too many.
std::vector<cc::ManifestEntry> joined(std::vector<cc::ManifestEntry> ours, std::vector<cc::ManifestEntry> theirs) {
  std::erase_if(
      theirs, [&](const cc::ManifestEntry& entry) { return std::ranges::find(ours, entry.result, &cc::ManifestEntry::result) != ours.end(); });
  if (theirs.empty()) return {};
  std::vector<cc::ManifestEntry> all;
  for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()) && all.size() < cc::kMaxManifestEntries; ++i) {
    if (i < theirs.size()) all.push_back(std::move(theirs[i]));
    if (i < ours.size()) all.push_back(std::move(ours[i]));
  }
  if (all.size() > cc::kMaxManifestEntries) all.resize(cc::kMaxManifestEntries);
  return all;
}

std::vector<cc::ManifestEntry> entries_of(std::optional<std::string_view> bytes) {
  auto entries = bytes ? cc::decode_manifest(*bytes) : std::nullopt;
  return entries ? *std::move(entries) : std::vector<cc::ManifestEntry>();
}

/// Every path that an entry names.
void collect_paths(const cc::ManifestEntry& entry, std::set<std::uint64_t>& paths) {
  for (const auto* files : {&entry.plain_files, &entry.files}) {
    for (const auto& file : *files) paths.insert(file.path);
  }
  for (const auto& fact : entry.facts) paths.insert(fact.path);
  for (const auto& absent : entry.absent) paths.insert(absent.directory);
}

}  // namespace

Reply Transfer::unpack(std::string_view key, Reply got, std::vector<Parcel>& parcels) {
  if (got.outcome != Outcome::good) return got;
  count(store_, cc::Counter::remote_received_bytes, got.bytes.size());
  auto decoded = decode_value(name_of(key), got.bytes, authority_.trust);
  if (!decoded || decoded->empty() || decoded->front().key != key) {
    count(store_, cc::Counter::remote_rejected);
    return {Outcome::absent, {}, std::string(key) + ": what the server has is no value, or not of somebody who is trusted"};
  }
  parcels = *std::move(decoded);
  return {Outcome::good, {}, {}};
}

Reply Transfer::put(std::string_view key, const std::vector<Parcel>& parcels) {
  const cc::ContentDigest name = name_of(key);
  const std::string value = encode_value(name, parcels, authority_.signer ? &*authority_.signer : nullptr);
  if (value.size() > kMaxValueBytes) return {Outcome::good, {}, {}};  // stays here: no machine would accept it
  Reply reply = backend_.put(name, value);
  if (reply.outcome == Outcome::good) count(store_, cc::Counter::remote_sent_bytes, value.size());
  return reply;
}

Reply Transfer::take_manifest(const cc::ContentDigest& first_key, Reply got) {
  const std::string key = cc::manifest_key(first_key);
  std::vector<Parcel> parcels;
  if (Reply reply = unpack(key, std::move(got), parcels); reply.outcome != Outcome::good) return reply;
  cc::Knowledge knowledge(store_);
  auto entries = joined(entries_of(knowledge.text(key)), entries_of(std::string_view(parcels.front().stdout_bytes)));
  if (entries.empty()) return {Outcome::absent, {}, {}};
  for (const Parcel& parcel : std::span(parcels).subspan(1)) {
    // The name of a path is made here, from its text: no server can give a path the name of another.
    if (parcel.key == kPathParcel) (void)knowledge.name(parcel.stdout_bytes);
    if (cc::is_images_key(parcel.key) && !knowledge.text(parcel.key)) knowledge.note_text(parcel.key, parcel.stdout_bytes);
  }
  knowledge.note_manifest(key, cc::encode_manifest(entries), parcels.front().stderr_bytes);
  if (const auto stored = knowledge.commit(store_); !stored) return not_stored(stored.error().message());
  return {Outcome::good, {}, {}};
}

Reply Transfer::take_result(const cc::ContentDigest& key, Reply got) {
  const std::string hex = cc::hex_of(key);
  std::vector<Parcel> parcels;
  if (Reply reply = unpack(hex, std::move(got), parcels); reply.outcome != Outcome::good) return reply;
  const Parcel& parcel = parcels.front();
  std::vector<tools::Descriptor> files;
  std::vector<OutputFile> outputs;
  for (const Parcel::Output& output : parcel.outputs) {
    auto file = file_of(output);
    if (!file) return not_stored(std::string("no memory for an output: ") + std::strerror(errno));
    outputs.push_back({.name = output.name, .path = "/proc/self/fd/" + std::to_string(file->get()), .keeps_mode = output.mode == 0});
    files.push_back(*std::move(file));
  }
  const auto stored = PayloadStore::from_environment(store_).put(hex, outputs, parcel.stdout_bytes, parcel.stderr_bytes, parcel.exit_code);
  // A name that the store refuses is not ours: no value.
  if (!stored && stored.error().error == Error::invalid_artifact) return {Outcome::absent, {}, stored.error().message()};
  if (!stored) return not_stored(stored.error().message());
  return {Outcome::good, {}, {}};
}

Reply Transfer::upload(const cc::ContentDigest& key) {
  const std::string mark = cc::upload_mark(key);
  const ArtifactView marked = store_.find(mark);
  if (!marked) return {Outcome::good, {}, {}};  // somebody else was faster
  const auto first_key = cc::digest_of_hex(marked.stdout_bytes());
  const ArtifactView entry = store_.find(cc::hex_of(key));
  Reply reply{Outcome::absent, {}, {}};
  if (entry && first_key) {
    reply = upload_result(entry);
    // The result first: a manifest never leads to what is not there yet.
    if (reply.outcome == Outcome::good) reply = upload_manifest(*first_key);
  }
  if (reply.outcome != Outcome::good && reply.outcome != Outcome::absent) return reply;
  count(store_, reply.outcome == Outcome::good ? cc::Counter::remote_sent : cc::Counter::remote_evicted);
  // A kill before this line: it goes up once more, which changes nothing.
  (void)store_.remove(mark);
  return reply;
}

Reply Transfer::upload_result(const ArtifactView& entry) {
  Parcel parcel;
  parcel.key = entry.key();
  parcel.exit_code = entry.exit_code();
  parcel.stdout_bytes = entry.stdout_bytes();
  parcel.stderr_bytes = entry.stderr_bytes();
  if (entry.total_size() > kMaxValueBytes) return {Outcome::good, {}, {}};
  const PayloadStore payloads(store_);
  for (std::size_t i = 0; i < entry.output_count(); ++i) {
    auto bytes = payloads.read(entry, i);
    if (!bytes || !*bytes) return {Outcome::absent, {}, {}};  // evicted or damaged: nothing to send
    parcel.outputs.push_back({.name = std::string(entry.output_name(i)), .mode = entry.output_mode(i), .bytes = **std::move(bytes)});
  }
  return put(entry.key(), {std::move(parcel)});
}

// What others know of this command joins what is known here first. Two machines that do so at once lose the entry of one: a miss for somebody.
Reply Transfer::upload_manifest(const cc::ContentDigest& first_key) {
  const std::string key = cc::manifest_key(first_key);
  Reply theirs = take_manifest(first_key, backend_.get(name_of(key)));
  if (theirs.outcome != Outcome::good && theirs.outcome != Outcome::absent) return theirs;
  const auto parcels = manifest_parcels(key);
  return parcels ? put(key, *parcels) : Reply{Outcome::absent, {}, {}};
}

/// The manifest, with everything that it names. Nothing where it was forgotten.
std::optional<std::vector<Parcel>> Transfer::manifest_parcels(const std::string& key) {
  const ArtifactView manifest = store_.find(key);
  if (!manifest) return std::nullopt;
  std::vector<Parcel> parcels = {text_parcel(key, manifest.stdout_bytes(), manifest.stderr_bytes())};
  cc::Knowledge knowledge(store_);
  std::set<std::uint64_t> paths;
  std::set<std::string> images;
  for (const cc::ManifestEntry& entry : entries_of(manifest.stdout_bytes())) {
    collect_paths(entry, paths);
    images.insert(cc::images_key(entry.images));
  }
  for (const std::uint64_t path : paths) {
    if (const char* text = knowledge.path(path)) parcels.push_back(text_parcel(std::string(kPathParcel), text));
  }
  for (const std::string& name : images) {
    if (const auto text = knowledge.text(name)) parcels.push_back(text_parcel(name, *text));
  }
  return parcels;
}

}  // namespace zccache::remote
