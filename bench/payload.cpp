// payload: storing the outputs of a compile and serving them again, by how they lie on disk.
#include <fcntl.h>
#include <sys/stat.h>
#include <zccache/artifact_store.hpp>
#include <zccache/payload_store.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "benchmark.hpp"
#include "common/descriptor.hpp"
#include "files.hpp"
#include "measure.hpp"

namespace zccache::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEntriesPerSample = 20;
constexpr std::size_t kKiB = 1024;

/// What a compile writes: the bytes of each output.
using Contents = std::vector<std::string>;

/// Compiles of one kind.
struct Kind {
  std::string name;
  std::vector<Contents> compiles;
};

/// Pieces of this very program: code, text and symbols, as in what compilers write.
Kind pieces(const Workload& workload, std::string name, const std::vector<std::size_t>& sizes) {
  const std::string program = content_of("/proc/self/exe");
  Random random(workload.size());
  Kind kind{std::move(name), {}};
  for (std::size_t n = 0; n < kEntriesPerSample; ++n) {
    Contents& contents = kind.compiles.emplace_back();
    for (const std::size_t size : sizes) contents.push_back(program.substr(random.below(program.size() - size), size));
  }
  return kind;
}

/// Object files from all over a folder, one output each.
Kind object_files(const fs::path& folder) {
  constexpr std::size_t kMost = 100;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".o") paths.push_back(entry.path());
  }
  if (paths.empty()) throw std::runtime_error("no object file below " + folder.string());
  std::ranges::sort(paths);
  Kind kind{"an object file", {}};
  const std::size_t count = std::min(kMost, paths.size());
  for (std::size_t n = 0; n < count; ++n) kind.compiles.push_back({content_of(paths[n * paths.size() / count])});
  return kind;
}

std::vector<Kind> kinds(const Context& context) {
  const Workload workload = context.workload();
  std::vector<Kind> all;
  const auto add = [&](const char* name, const std::vector<std::size_t>& sizes) { all.push_back(pieces(workload, name, sizes)); };
  add("1 output of 4 KiB", {4 * kKiB});
  add("3 outputs of 2 to 16 KiB", {16 * kKiB, 2 * kKiB, 6 * kKiB});
  add("1 output of 16 KiB", {16 * kKiB});
  add("1 output of 64 KiB", {64 * kKiB});
  add("1 output of 256 KiB", {256 * kKiB});
  add("1 output of 1 MiB", {1024 * kKiB});
  add("3 outputs of 128 to 512 KiB", {512 * kKiB, 128 * kKiB, 256 * kKiB});
  if (!context.settings.objects.empty()) all.push_back(object_files(context.settings.objects));
  return all;
}

/// Compiles that have run.
class Compiles {
 public:
  struct Compile {
    std::string key;
    std::vector<OutputFile> made;    ///< by the compiler
    std::vector<OutputFile> wanted;  ///< by the next one
    Contents contents;               ///< of each
  };

  Compiles(const Workload& workload, const Kind& kind, const fs::path& directory) {
    for (std::size_t n = 0; n < kind.compiles.size(); ++n) {
      Compile& compile = all_.emplace_back(Compile{workload.key(n), {}, {}, kind.compiles[n]});
      for (std::size_t i = 0; i < compile.contents.size(); ++i) {
        const std::string name = "output" + std::to_string(i);
        compile.made.push_back({name, directory / ("made" + std::to_string(n) + name)});
        compile.wanted.push_back({name, directory / ("wanted" + std::to_string(n) + name)});
        write_file(compile.made.back().path, compile.contents[i]);
      }
    }
  }

  [[nodiscard]] const std::vector<Compile>& all() const noexcept { return all_; }

 private:
  std::vector<Compile> all_;
};

using Compile = Compiles::Compile;

/// A way to keep outputs. Failures throw.
class Keeper {
 public:
  virtual ~Keeper() = default;
  virtual void store(const Compile& compile) = 0;
  virtual void restore(const Compile& compile) = 0;
  virtual void forget(const Compile& compile) = 0;
  /// Of all that is kept, blocks of files.
  [[nodiscard]] virtual double bytes_on_disk() const = 0;
};

double bytes_below(const fs::path& folder) {
  double bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    struct stat status {};
    if (entry.is_regular_file() && lstat(entry.path().c_str(), &status) == 0) bytes += static_cast<double>(status.st_blocks) * 512;
  }
  return bytes;
}

ArtifactStore open_store(const fs::path& directory) {
  OpenOptions options;
  options.flusher = Flusher::caller;
  return ArtifactStore::open(directory, options).value();
}

/// Ours, in one of its layouts.
class Files : public Keeper {
 public:
  Files(const fs::path& directory, PayloadLayout layout, Materialize how = Materialize::copy, Compression compression = {})
      : store_(open_store(directory)), payloads_(store_, layout, compression), how_(how) {}

  void store(const Compile& compile) override { payloads_.put(compile.key, compile.made, "", "").value(); }
  void restore(const Compile& compile) override {
    const auto restored = payloads_.restore(store_.find(compile.key), compile.wanted, how_).value();
    if (restored != Restored::hit) throw std::runtime_error("what was stored is not served");
  }
  void forget(const Compile& compile) override { (void)payloads_.remove(compile.key).value(); }
  [[nodiscard]] double bytes_on_disk() const override { return bytes_below(store_.directory() / "objects"); }

 private:
  ArtifactStore store_;
  PayloadStore payloads_;
  Materialize how_;
};

/// The least that serving a file takes: what is written aside and renamed, from bytes in memory.
void place(const std::string& bytes, const fs::path& destination) {
  const fs::path aside = destination.string() + ".tmp";
  const tools::Descriptor file(open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file || write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
      rename(aside.c_str(), destination.c_str()) != 0) {
    throw std::system_error(errno, std::generic_category(), destination.string());
  }
}

std::string read_whole(const fs::path& path) {
  const tools::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0) throw std::system_error(errno, std::generic_category(), path.string());
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  if (read(file.get(), bytes.data(), bytes.size()) != status.st_size) throw std::runtime_error("cannot read " + path.string());
  return bytes;
}

/// What payloads inside the index would cost: the captured stdout stands in for them. No digest is computed or checked but that of the record.
class InTheRecord : public Keeper {
 public:
  explicit InTheRecord(const fs::path& directory) : store_(open_store(directory)) {}

  void store(const Compile& compile) override {
    std::string together;
    std::vector<std::string> names;
    std::vector<std::uint64_t> sizes;
    for (const OutputFile& output : compile.made) {
      const std::string bytes = read_whole(output.path);
      names.push_back(output.name);
      sizes.push_back(bytes.size());
      together += bytes;
    }
    store_.insert(compile.key, Artifact::from_outputs(std::move(names), std::move(sizes), std::move(together), "")).value();
  }
  void restore(const Compile& compile) override {
    const ArtifactView entry = store_.find(compile.key);
    std::size_t offset = 0;
    for (std::size_t i = 0; i < compile.wanted.size(); offset += entry.output_size(i++)) {
      place(std::string(entry.stdout_bytes().substr(offset, entry.output_size(i))), compile.wanted[i].path);
    }
  }
  void forget(const Compile& compile) override { (void)store_.remove(compile.key).value(); }
  [[nodiscard]] double bytes_on_disk() const override { return static_cast<double>(store_.stats().live_bytes); }

 private:
  ArtifactStore store_;
};

/// A floor: files that are copied, and nothing else.
class CopiedFiles : public Keeper {
 public:
  explicit CopiedFiles(fs::path directory) : directory_(std::move(directory)) { fs::create_directory(directory_); }

  void store(const Compile& compile) override {
    for (const OutputFile& output : compile.made) place(read_whole(output.path), kept(compile, output));
  }
  void restore(const Compile& compile) override {
    for (const OutputFile& output : compile.wanted) place(read_whole(kept(compile, output)), output.path);
  }
  void forget(const Compile& compile) override {
    for (const OutputFile& output : compile.made) fs::remove(kept(compile, output));
  }
  [[nodiscard]] double bytes_on_disk() const override { return bytes_below(directory_); }

 private:
  [[nodiscard]] fs::path kept(const Compile& compile, const OutputFile& output) const { return directory_ / (compile.key + output.name); }

  fs::path directory_;
};

/// Another floor: bytes that move in memory.
std::vector<double> copy_in_memory(const Compiles& compiles) {
  std::vector<double> times;
  double bytes = 0;
  for (const Compile& compile : compiles.all()) {
    double nanoseconds = 0;
    for (const std::string& content : compile.contents) {
      std::string copy(content.size(), '\0');
      nanoseconds += timed([&] {
        std::memcpy(copy.data(), content.data(), content.size());
        keep(copy);
      });
      bytes += static_cast<double>(content.size());
    }
    times.push_back(nanoseconds / kNanosecondsPerMicrosecond);
  }
  const double median = quantile(times, 0.5);
  return {median, median, bytes / static_cast<double>(compiles.all().size())};
}

void check_and_remove_wanted(const Compile& compile) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < compile.wanted.size(); ++i) {
    right += content_of(compile.wanted[i].path) == compile.contents[i] ? 1 : 0;
    fs::remove(compile.wanted[i].path);
  }
  require_right(right, compile.wanted.size());
}

/// Microseconds to store one compile and to serve it: medians; bytes on disk for one: the mean.
std::vector<double> store_and_restore(Keeper& keeper, const Compiles& compiles) {
  std::vector<double> stores;
  std::vector<double> restores;
  for (const Compile& compile : compiles.all()) stores.push_back(timed([&] { keeper.store(compile); }));
  const double bytes = keeper.bytes_on_disk() / static_cast<double>(compiles.all().size());
  for (const Compile& compile : compiles.all()) {
    restores.push_back(timed([&] { keeper.restore(compile); }));
    check_and_remove_wanted(compile);
  }
  for (const Compile& compile : compiles.all()) keeper.forget(compile);
  return {quantile(stores, 0.5) / kNanosecondsPerMicrosecond, quantile(restores, 0.5) / kNanosecondsPerMicrosecond, bytes};
}

struct NamedKeeper {
  std::string name;
  std::shared_ptr<Keeper> keeper;
};

std::vector<NamedKeeper> keepers(const fs::path& directory) {
  std::vector<NamedKeeper> all{{kOurs, std::make_shared<Files>(directory / "auto", PayloadLayout::automatic)},
                               {"flat", std::make_shared<Files>(directory / "flat", PayloadLayout::flat)},
                               {"flat, linked", std::make_shared<Files>(directory / "linked", PayloadLayout::flat, Materialize::hard_link)},
                               {"pack", std::make_shared<Files>(directory / "pack", PayloadLayout::pack)}};
  for (const int level : {1, 3}) {
    const std::string name = "pack, zstd " + std::to_string(level);
    if (!can_compress()) continue;
    all.push_back({name, std::make_shared<Files>(directory / name, PayloadLayout::pack, Materialize::copy, Compression{.level = level})});
  }
  all.push_back({"in the record", std::make_shared<InTheRecord>(directory / "record")});
  all.push_back({std::string(kFloor) + "copied files", std::make_shared<CopiedFiles>(directory / "copies")});
  return all;
}

Rows measure_kind(const Context& context, const std::vector<NamedKeeper>& keepers, const Kind& kind) {
  const Compiles compiles(context.workload(), kind, context.directory);
  Trial trial{{{"store, " + kind.name, "us"}, {"restore, " + kind.name, "us"}, {"on disk, " + kind.name, "B"}}, {}};
  for (const NamedKeeper& named : keepers) {
    trial.contenders.push_back({named.name, [&] { return store_and_restore(*named.keeper, compiles); }});
  }
  trial.contenders.push_back({std::string(kFloor) + "memcpy", [&] { return copy_in_memory(compiles); }});
  return run_trial(trial, kind.compiles.size(), context.settings.rounds, context.progress);
}

/// What payloads inside the index cost later: each snapshot has all of them in it.
Rows measure_flush(const Context& context) {
  const std::size_t entries = context.settings.quick ? 100 : 10'000;
  const std::string payload = content_of("/proc/self/exe").substr(0, 4 * kKiB);
  Trial trial{{{"flush, entries with 1 output of 4 KiB", "ms"}}, {}};
  for (const bool inside : {false, true}) {
    auto store = std::make_shared<ArtifactStore>(open_store(context.directory / (inside ? "flush-inside" : "flush-beside")));
    const Workload workload = context.workload();
    const Artifact artifact = Artifact::from_outputs({"output"}, {payload.size()}, inside ? payload : "", "");
    for (std::size_t i = 0; i < entries; ++i) store->insert(workload.key(i), artifact).value();
    trial.contenders.push_back({inside ? "in the record" : kOurs, [store, artifact, key = workload.key(0)] {
                                  store->insert(key, artifact).value();
                                  return std::vector{timed([&] { store->flush().value(); }) / kNanosecondsPerMillisecond};
                                }});
  }
  return run_trial(trial, entries, context.settings.rounds, context.progress);
}

}  // namespace

Rows measure_payload(const Context& context) {
  Rows rows;
  const auto all = keepers(context.directory);
  for (const Kind& kind : kinds(context)) append(rows, measure_kind(context, all, kind));
  append(rows, measure_flush(context));
  return rows;
}

}  // namespace zccache::bench
