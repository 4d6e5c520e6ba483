// The way of the daemon that this project follows: a sharded hash map in one process's memory, the whole of it written to one blob at a flush
// and read back when it starts. Numbers of 64 bits before strings and sequences, as serde's bincode has them.
#include <fcntl.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "engines/all.hpp"

namespace zccache::bench {
namespace {

constexpr std::size_t kShards = 64;

struct Hash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(std::string_view key) const noexcept { return XXH3_64bits(key.data(), key.size()); }
};

using Map = boost::unordered_flat_map<std::string, Artifact, Hash, std::equal_to<>>;

struct alignas(64) Shard {
  mutable std::shared_mutex mutex;
  Map map;
};
using Shards = std::array<Shard, kShards>;

/// By bits of the hash that a shard's own map uses last.
std::size_t shard_of(std::string_view key) { return Hash()(key) >> 32 & (kShards - 1); }

class BlobWriter {
 public:
  void number(std::uint64_t value) { blob_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void text(std::string_view text) {
    number(text.size());
    blob_ += text;
  }
  void entry(std::string_view key, const Artifact& artifact) {
    text(key);
    number(artifact.output_names.size());
    for (const std::string& name : artifact.output_names) text(name);
    number(artifact.output_sizes.size());
    for (const std::uint64_t size : artifact.output_sizes) number(size);
    text(artifact.stdout_bytes);
    text(artifact.stderr_bytes);
    number(static_cast<std::uint64_t>(artifact.exit_code));
    number(artifact.total_size);
    number(artifact.stored_at_secs);
  }
  [[nodiscard]] const std::string& blob() const noexcept { return blob_; }

 private:
  std::string blob_;
};

class BlobReader {
 public:
  explicit BlobReader(std::string_view blob) : rest_(blob) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string text() { return std::string(take(number())); }
  std::pair<std::string, Artifact> entry() {
    std::string key = text();
    Artifact artifact;
    artifact.output_names.resize(number());
    for (std::string& name : artifact.output_names) name = text();
    artifact.output_sizes.resize(number());
    for (std::uint64_t& size : artifact.output_sizes) size = number();
    artifact.stdout_bytes = text();
    artifact.stderr_bytes = text();
    artifact.exit_code = static_cast<std::int32_t>(number());
    artifact.total_size = number();
    artifact.stored_at_secs = number();
    return {std::move(key), std::move(artifact)};
  }

 private:
  std::string_view take(std::size_t count) {
    if (count > rest_.size()) throw std::runtime_error("the blob ends early");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
};

std::filesystem::path blob_path(const std::filesystem::path& directory) { return directory / "index.bin"; }

void write_durably(const std::string& bytes, const std::filesystem::path& path) {
  const std::filesystem::path temporary = path.string() + ".tmp";
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool good = file >= 0;
  for (std::size_t done = 0; good && done < bytes.size();) {
    const ssize_t count = write(file, bytes.data() + done, bytes.size() - done);
    good = count > 0;
    done += static_cast<std::size_t>(count);
  }
  good = good && fsync(file) == 0;
  if (file >= 0) close(file);
  if (!good) throw std::system_error(errno, std::generic_category(), "cannot write " + temporary.string());
  std::filesystem::rename(temporary, path);
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(std::filesystem::file_size(path), '\0');
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) throw std::runtime_error("cannot read " + path.string());
  return bytes;
}

class OriginalReader : public Reader {
 public:
  explicit OriginalReader(const Shards& shards) : shards_(shards) {}

  std::size_t count_right(std::span<const Probe> probes) override {
    return count_right_by(probes, [this](std::string_view key) {
      const Shard& shard = shards_[shard_of(key)];
      const std::shared_lock lock(shard.mutex);
      const auto found = shard.map.find(key);
      return found == shard.map.end() ? Probe::kAbsent : found->second.total_size;
    });
  }

  std::optional<Artifact> get(std::string_view key) override {
    const Shard& shard = shards_[shard_of(key)];
    const std::shared_lock lock(shard.mutex);
    const auto found = shard.map.find(key);
    if (found == shard.map.end()) return std::nullopt;
    return found->second;
  }

 private:
  const Shards& shards_;
};

class OriginalSession : public Session {
 public:
  explicit OriginalSession(std::filesystem::path path) : path_(std::move(path)) {
    if (std::filesystem::exists(path_)) load();
  }

  std::unique_ptr<Reader> reader(std::size_t /*style*/) override { return std::make_unique<OriginalReader>(shards_); }

  void insert_each(std::span<const Entry> entries) override {
    for (const Entry& entry : entries) {
      Shard& shard = shards_[shard_of(entry.key)];
      const std::unique_lock lock(shard.mutex);
      shard.map.insert_or_assign(entry.key, entry.artifact);
    }
  }
  void insert_together(std::span<const Entry> entries) override { insert_each(entries); }

  void flush() override {
    BlobWriter writer;
    std::uint64_t count = 0;
    for (const Shard& shard : shards_) count += shard.map.size();
    writer.number(count);
    for (const Shard& shard : shards_) {
      const std::shared_lock lock(shard.mutex);
      for (const auto& [key, artifact] : shard.map) writer.entry(key, artifact);
    }
    write_durably(writer.blob(), path_);
  }

 private:
  void load() {
    const std::string blob = read_whole(path_);
    BlobReader reader(blob);
    for (std::uint64_t left = reader.number(); left > 0; --left) {
      auto entry = reader.entry();
      Map& map = shards_[shard_of(entry.first)].map;
      map.insert(std::move(entry));
    }
  }

  std::filesystem::path path_;
  Shards shards_;
};

class OriginalEngine : public Engine {
 public:
  std::string name() const override { return "original"; }
  Abilities abilities() const override { return {.processes = false}; }  // two would overwrite each other's blob
  std::unique_ptr<Session> attach(const std::filesystem::path& directory, Access /*access*/) const override {
    return std::make_unique<OriginalSession>(blob_path(directory));
  }
};

}  // namespace

std::unique_ptr<Engine> make_original_engine() { return std::make_unique<OriginalEngine>(); }

}  // namespace zccache::bench
